from __future__ import annotations

import numpy as np

from opscope.dashboard.histogram_bins import astray, bounded, common_edges, evenly, rebin, rebinned


def test_counts_are_shared_out_by_overlap() -> None:
    buckets = np.array([[0.0, 1.0, 10.0], [1.0, 2.0, 4.0]])
    assert rebin(buckets, np.array([0.0, 0.5, 1.5, 2.0])).tolist() == [5, 7, 2]


def test_a_bucket_without_width_goes_to_the_bin_that_holds_it() -> None:
    edges = np.array([0.0, 1.0, 2.0])
    assert rebin(np.array([[1.0, 1.0, 3.0]]), edges).tolist() == [0, 3]
    assert rebin(np.array([[2.0, 2.0, 3.0]]), edges).tolist() == [0, 3]


def test_one_value_makes_a_range_around_it() -> None:
    edges = common_edges([np.array([[3.0, 3.0, 1.0]])])
    np.testing.assert_allclose([edges[0], edges[-1]], [3 / 1.1 - 1, 3 * 1.1 + 1])
    assert len(edges) == 31


def test_no_count_is_lost_and_the_range_is_common() -> None:
    noise = np.random.default_rng(0)
    all_buckets = []
    for centre in (0.0, 5.0):
        counts, ends = np.histogram(noise.normal(centre, 1, 1000), bins=12)
        all_buckets.append(np.stack([ends[:-1], ends[1:], counts], axis=1))
    edges, counts = rebinned(all_buckets)
    assert edges[0] == all_buckets[0][0, 0]
    assert edges[-1] == all_buckets[1][-1, 1]
    np.testing.assert_allclose(counts.sum(axis=1), 1000)


def test_open_ends_and_empty_histograms_are_harmless() -> None:
    open_ended = np.array([[-np.inf, 0.0, 2.0], [0.0, 1.0, 3.0]])
    edges, counts = rebinned([open_ended, np.empty((0, 3))])
    assert bounded(open_ended).tolist() == [[0.0, 1.0, 3.0]]
    assert astray(open_ended) == 2.0
    assert (edges[0], edges[-1]) == (0.0, 1.0)
    np.testing.assert_allclose(counts.sum(axis=1), [3, 0])


def test_the_widest_range_of_all_still_counts() -> None:
    edges, counts = rebinned([np.array([[-1.7e308, 1.7e308, 3.0]])])
    assert np.isfinite(edges).all()
    np.testing.assert_allclose(counts.sum(), 3)


def test_steps_are_thinned_evenly_with_both_ends() -> None:
    assert evenly(5, 51).tolist() == [0, 1, 2, 3, 4]
    kept = evenly(1000, 51)
    assert (kept[0], kept[-1], len(kept)) == (0, 999, 51)
