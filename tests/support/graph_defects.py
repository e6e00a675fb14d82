"""The defects of TensorBoard 2.21's graph page, and the test here that holds each.

An id is the number of a thread in TensorBoard's tracker where there is one, else a word; `threads`
are further ones about the same. The test has the id in its name, or in the id of a parameter.
"""

from __future__ import annotations

from typing import NamedTuple


class Defect(NamedTuple):
    """What is wrong in TensorBoard, where our test is (`FILE::NAME`), and who reported it."""

    id: str
    says: str
    test: str
    threads: str = ""


_HERE = "dashboard/test_graph_"
_DEFECTS = f"{_HERE}defects.py::test_"
_PAGE = f"{_HERE}defects_browser.py::test_74_618_955_null_png_png_selection_url_state"

DEFECTS = (
    Defect(
        "#1929",
        "A run that has only a Keras model shows 'Malformed GraphDef'",
        f"{_DEFECTS}1929_a_run_with_only_a_keras_model_shows_it",
        "#1961 #3672 #4230 #6711 #6715 #6989 #7006 keras#16810 tf#39008 tf#42133 tensorboardX#551 "
        "pytorch#24157 pytorch#27736",
    ),
    Defect(
        "pytorch#46239",
        "Of several graphs that a run wrote only the last can be seen",
        "events/test_graphs_beside.py::test_pytorch46239_all_graphs_that_a_run_wrote_can_be_chosen",
    ),
    Defect(
        "producer-versions",
        "Function graphs of two producers cannot be shown together",
        f"{_DEFECTS}producer_versions_of_functions_may_differ",
    ),
    Defect(
        "keras2",
        "Models saved by Keras 2 lose all input edges",
        "events/test_converted_graphs.py::test_functional_models_of_both_keras_forms",
    ),
    Defect(
        "frozen-weights",
        "The weights of frozen graphs are sent to the browser as text (40 MB)",
        f"{_HERE}routes.py::test_frozen_weights_are_not_sent",
    ),
    Defect(
        "pbtxt-parser",
        "Text graphs are read by a parser of lines with a list of repeated fields",
        "events/test_graphs_beside.py::test_pbtxt_parser_a_graph_is_found_in_whatever_holds_it",
    ),
    Defect(
        "no-reload",
        "The graph stays as it was until the page is loaded anew",
        f"{_HERE}routes.py::test_no_reload_is_needed_to_see_a_new_graph",
    ),
    Defect(
        "upload-pbtxt-only",
        "Only .pbtxt files can be opened",
        f"{_HERE}uploads.py::test_upload_pbtxt_only_is_over_any_graph_is_a_run",
    ),
    Defect(
        "#6430",
        "Edges from other outputs of the same node are dropped",
        f"{_HERE}view.py::test_6430_all_outputs_of_a_split_are_tensors_of_their_own",
    ),
    Defect(
        "#6216",
        "A Keras model in which a layer reads two outputs of another is not shown",
        "events/test_converted_graphs.py::test_6216_two_outputs_of_a_layer_are_two_edges",
    ),
    Defect(
        "self-loops",
        "Edges of a node to itself are dropped",
        f"{_HERE}view.py::test_self_loops_a_node_that_reads_itself_is_marked",
    ),
    Defect(
        "const-regex",
        "Every op with 'Const' in its type is drawn as a constant",
        f"{_DEFECTS}const_regex_takes_no_other_op_for_a_constant",
    ),
    Defect(
        "resource-references",
        "Resource variables have no reference edges",
        f"{_HERE}hierarchy.py::test_resource_references_lead_from_variables_to_what_changes_them",
    ),
    Defect(
        "#1936",
        "PartitionedCall, While and If are leaves that cannot be opened",
        "events/test_graph_calls.py::test_1936_edges_run_through_a_call",
    ),
    Defect(
        "edge-sizes",
        "An edge is as wide as all outputs of its source together",
        f"{_DEFECTS}edge_sizes_are_those_of_the_output_that_is_used",
    ),
    Defect(
        "bare-name",
        "The bare name stays outside its series",
        f"{_HERE}grouping.py::test_bare_name_and_numbered_nodes_are_a_series",
    ),
    Defect(
        "digit-inside",
        "Names with a digit inside (conv2d_1) are no series",
        f"{_HERE}grouping.py::test_digit_inside_a_name_does_not_hinder",
    ),
    Defect(
        "repeated-scopes",
        "Repeated scopes are never grouped",
        f"{_HERE}grouping.py::test_repeated_scopes_are_grouped_where_there_are_too_many",
    ),
    Defect(
        "#572",
        "Nodes cannot be kept from being grouped",
        f"{_HERE}grouping.py::test_572_nothing_is_grouped_for_who_wants_no_groups",
        "tf#13297",
    ),
    Defect(
        "ungroup-collapses",
        "To group or ungroup a series closes all scopes",
        f"{_HERE}grouping.py::test_ungroup_collapses_nothing_and_scopes_are_grouped_by_hand",
    ),
    Defect("#955", "To move a node to the side closes all scopes", _PAGE, "tf#5305"),
    Defect("#618", "What was arranged is not kept", _PAGE),
    Defect("#74", "Several nodes cannot be moved at once", _PAGE),
    Defect(
        "#566",
        "What matters cannot be shown alone",
        f"{_HERE}choices.py::test_566_what_is_isolated_stands_alone_with_what_is_around_it",
    ),
    Defect(
        "#82",
        "No rule says which scopes stand at the side in every graph",
        f"{_DEFECTS}82_what_is_put_aside_is_put_aside_in_every_graph",
        "tf#10421",
    ),
    Defect(
        "aux-longer",
        "A hub pulls all its neighbours to the side",
        f"{_DEFECTS}aux_longer_a_hub_takes_nothing_with_it",
    ),
    Defect(
        "relayout",
        "To open one scope lays out all that are open",
        f"{_DEFECTS}relayout_opening_a_scope_orders_that_scope_alone",
    ),
    Defect(
        "#403",
        "Deep graphs are slivers",
        f"{_HERE}layout.py::test_403_a_long_chain_wraps_into_columns",
        "#681 #2707 tf#6012 tf#2729",
    ),
    Defect(
        "#1791",
        "Boxes overlap once scopes are open",
        f"{_HERE}states.py::test_1791_no_boxes_overlap_and_no_line_cuts_one_in_any_state",
        "#1655 #3878 tf#3548",
    ),
    Defect(
        "#1058",
        "Open scopes are much wider than what is in them",
        f"{_DEFECTS}1058_an_open_scope_is_no_wider_than_what_is_in_it",
    ),
    Defect(
        "lr",
        "Data flow upwards only",
        f"{_HERE}pictures.py::test_lr_flow_has_its_direction",
        "PR#1098",
    ),
    Defect(
        "#245",
        "A chain of 2,000 ops leaves a blank page, 2,000 in layers a still one",
        f"{_DEFECTS}245_two_thousand_ops_in_a_row_are_drawn",
        "#56 #3264 tf#1287 tf#9681 tinygrad#7435",
    ),
    Defect(
        "freeze",
        "The time of a layout has no bound",
        f"{_HERE}layout.py::test_freeze_work_is_bounded_for_very_many_edges",
    ),
    Defect(
        "twin",
        "Scopes built alike have different colours, other ones in each run",
        f"{_HERE}structure.py::test_twin_colours_are_those_of_isomorphism",
    ),
    Defect(
        "structure-off",
        "Structure is not coloured above 10,000 nodes",
        f"{_DEFECTS}structure_off_structure_quadratic_ten_thousand_nodes_have_their_colours",
    ),
    Defect(
        "structure-quadratic",
        "To colour by structure takes 162 s for 50,000 nodes",
        f"{_DEFECTS}structure_off_structure_quadratic_ten_thousand_nodes_have_their_colours",
    ),
    Defect(
        "device-kinds",
        "The legend has only devices called device:TYPE:N",
        f"{_DEFECTS}device_kinds_are_all_in_the_legend",
    ),
    Defect(
        "palette-repeats",
        "Devices beyond the tenth have colours of others",
        f"{_DEFECTS}palette_repeats_no_hue_for_another_device",
    ),
    Defect(
        "#1776",
        "The time of a scope is a span, not the sum of its ops",
        f"{_HERE}colouring.py::test_1776_2039_a_scope_takes_the_time_of_its_ops_and_streams_count_once",
    ),
    Defect(
        "#2039",
        "The time of GPU streams is not counted",
        f"{_HERE}colouring.py::test_1776_2039_a_scope_takes_the_time_of_its_ops_and_streams_count_once",
        "#298",
    ),
    Defect(
        "tf#536",
        "Parameters are not counted",
        f"{_HERE}colouring.py::test_tf536_parameters_are_the_elements_of_variables",
        "torchview#102 tf#32809",
    ),
    Defect(
        "PR#1345",
        "Scopes open one by one only",
        f"{_HERE}choices.py::test_pr1345_one_level_after_the_other_opens_until_the_picture_is_full",
    ),
    Defect(
        "minimap-serialises",
        "The minimap writes the whole drawing as text at every click",
        f"{_DEFECTS}minimap_serialises_nothing",
    ),
    Defect("null-png", "A PNG that is too large is empty, without a word", _PAGE),
    Defect("png-selection", "A saved picture shows what was selected in red", _PAGE),
    Defect(
        "#66",
        "The graph cannot be saved as SVG or DOT",
        f"{_HERE}exporting.py::test_66_dot_is_made_of_its_statements",
        "#5419 #570 tf#14049 tf#3368",
    ),
    Defect(
        "search-42",
        "A search shows 42 hits, and heeds upper and lower case",
        f"{_DEFECTS}search_42_all_hits_are_found_whatever_their_case",
    ),
    Defect(
        "#1253",
        "Nothing is found by op, attribute, device or shape",
        f"{_HERE}card.py::test_1253_search_by_fields",
        "#76 model-explorer#72",
    ),
    Defect(
        "outputs-untraced",
        "Outputs cannot be traced",
        f"{_HERE}tracing.py::test_outputs_untraced_traces_equal_reachability",
    ),
    Defect("url-state", "The address has the run alone", _PAGE),
    Defect(
        "#6276",
        "Dark colours are the light ones inverted",
        f"{_DEFECTS}6276_dark_colours_are_colours_of_their_own",
        "#1277 #5246",
    ),
    Defect(
        "tf#458",
        "No health on the nodes: the switch for it never appears",
        f"{_HERE}health.py::test_tf458_the_route_follows_source_and_step",
        "#4714 PR#882 PR#1026 nngraph#31",
    ),
    Defect(
        "card-missing",
        "The card has no dtypes, constant values, parameters, source lines or links to charts",
        f"{_HERE}facts.py::test_card_missing_origin_and_parameters",
    ),
)

NOT_BUILT = {
    "tpu-clones": "Bodies of functions count as invalid for TPUs: no list of TPU ops is here.",
    "#1134": "Two graphs cannot be compared: a wish, of no issue so far.",
    "edge-click": "Edges cannot be selected: a wish; the cards of both ends list them.",
}
"""What the reference lists and nothing here touches, with the reason."""
