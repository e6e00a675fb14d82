"""What kind of data a tag holds: one of the words that `opscope inspect` prints."""

SCALAR = "scalar"
HISTOGRAM = "histogram"
IMAGE = "image"
AUDIO = "audio"
TEXT = "text"
TENSOR = "tensor"
GRAPH = "graph"
RUN_METADATA = "run_metadata"
HPARAMS = "hparams"
PR_CURVE = "pr_curve"
MESH = "mesh"
LAYOUT = "layout"
PROJECTOR = "projector"
UNKNOWN = "unknown"

GRAPH_OF_RUN_METADATA_PLUGIN = "graph_run_metadata_graph"
RUN_METADATA_PLUGIN = "graph_run_metadata"
KERAS_PLUGIN = "graph_keras_model"

# TensorBoard's plugin names. What a summary's plugin says wins over the form of its value, which
# changed between the first and the second summary format.
_PLUGINS = {
    "scalars": SCALAR,
    "histograms": HISTOGRAM,
    "images": IMAGE,
    "audio": AUDIO,
    "text": TEXT,
    "hparams": HPARAMS,
    "pr_curves": PR_CURVE,
    "mesh": MESH,
    "custom_scalars": LAYOUT,
    "projector": PROJECTOR,
    GRAPH_OF_RUN_METADATA_PLUGIN: GRAPH,
    KERAS_PLUGIN: GRAPH,
    RUN_METADATA_PLUGIN: RUN_METADATA,
}
_VALUES = {
    "simple_value": SCALAR,
    "histo": HISTOGRAM,
    "image": IMAGE,
    "audio": AUDIO,
    "tensor": TENSOR,
}


def kind_of(plugin: str, value_field: str | None) -> str:
    """The kind of a summary value from its plugin's name and the field that holds the value.

    The fields of the first format are what they are called, whatever the plugin; a tensor is what
    its plugin makes of it.
    """
    if value_field is None or value_field == "tensor":
        fallback = TENSOR if value_field else UNKNOWN
        return _PLUGINS.get(plugin, fallback)
    return _VALUES.get(value_field, UNKNOWN)
