"""The web dashboard: graph, scalars, histograms."""
