"""Files of logs and dumps: records, summaries, graphs, logdirs, dump folders."""
