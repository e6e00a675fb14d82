"""Training (`tf.train`): optimizers, the global step, hooks and monitored sessions."""

from opscope.events.proto.checkpoint_state_pb2 import CheckpointState
from opscope.events.proto.cluster_pb2 import ClusterDef, JobDef
from opscope.events.proto.example_pb2 import (
    BytesList,
    Example,
    Feature,
    FeatureList,
    FeatureLists,
    Features,
    FloatList,
    Int64List,
    SequenceExample,
)
from opscope.events.proto.saver_pb2 import SaverDef
from opscope.events.proto.tensorflow_server_pb2 import ServerDef
from opscope.runtime.checkpoint.checkpoint_reader import (
    CheckpointReader,
    list_variables,
    load_checkpoint,
    load_variable,
)
from opscope.runtime.checkpoint.checkpoint_state import (
    checkpoint_exists,
    generate_checkpoint_state_proto,
    get_checkpoint_mtimes,
    get_checkpoint_state,
    latest_checkpoint,
    remove_checkpoint,
    update_checkpoint_state,
)
from opscope.runtime.graph_file import write_graph
from opscope.runtime.matched_filenames import match_filenames_once
from opscope.runtime.meta_graph import export_meta_graph
from opscope.runtime.meta_graph_import import import_meta_graph
from opscope.runtime.train.adadelta import AdadeltaOptimizer
from opscope.runtime.train.adagrad import AdagradOptimizer
from opscope.runtime.train.adagrad_da import AdagradDAOptimizer
from opscope.runtime.train.adam import AdamOptimizer
from opscope.runtime.train.basic_session_run_hooks import (
    FeedFnHook,
    FinalOpsHook,
    LoggingTensorHook,
    NanLossDuringTrainingError,
    NanTensorHook,
    SecondOrStepTimer,
    StepCounterHook,
    StopAtStepHook,
    SummarySaverHook,
)
from opscope.runtime.train.batch_joins import (
    batch_join,
    maybe_batch,
    maybe_batch_join,
    maybe_shuffle_batch,
    maybe_shuffle_batch_join,
    shuffle_batch_join,
)
from opscope.runtime.train.checkpoint_saver_hook import (
    CheckpointSaverHook,
    CheckpointSaverListener,
)
from opscope.runtime.train.checkpoints_iterator import checkpoints_iterator
from opscope.runtime.train.coordinator import Coordinator, LooperThread
from opscope.runtime.train.ftrl import FtrlOptimizer
from opscope.runtime.train.global_step_waiter_hook import GlobalStepWaiterHook
from opscope.runtime.train.gradient_descent import GradientDescentOptimizer
from opscope.runtime.train.health_hook import HealthHook
from opscope.runtime.train.init_from_checkpoint import init_from_checkpoint
from opscope.runtime.train.input import (
    batch,
    input_producer,
    limit_epochs,
    range_input_producer,
    shuffle_batch,
    slice_input_producer,
    string_input_producer,
)
from opscope.runtime.train.learning_rate_decay import (
    cosine_decay,
    cosine_decay_restarts,
    exponential_decay,
    inverse_time_decay,
    linear_cosine_decay,
    natural_exp_decay,
    noisy_linear_cosine_decay,
    piecewise_constant,
    piecewise_constant_decay,
    polynomial_decay,
)
from opscope.runtime.train.momentum import MomentumOptimizer
from opscope.runtime.train.monitored_session import (
    MonitoredSession,
    MonitoredTrainingSession,
    SingularMonitoredSession,
)
from opscope.runtime.train.moving_averages import ExponentialMovingAverage
from opscope.runtime.train.optimizer import Optimizer
from opscope.runtime.train.profiler_hook import ProfilerHook
from opscope.runtime.train.proximal import (
    ProximalAdagradOptimizer,
    ProximalGradientDescentOptimizer,
)
from opscope.runtime.train.queue_runner import (
    QueueRunner,
    add_queue_runner,
    start_queue_runners,
)
from opscope.runtime.train.rmsprop import RMSPropOptimizer
from opscope.runtime.train.saver import Saver
from opscope.runtime.train.scaffold import (
    ChiefSessionCreator,
    Scaffold,
    SessionCreator,
    WorkerSessionCreator,
)
from opscope.runtime.train.server import ClusterSpec, Server, replica_device_setter
from opscope.runtime.train.session_manager import SessionManager
from opscope.runtime.train.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from opscope.runtime.train.summary_iterator import summary_iterator
from opscope.runtime.train.supervisor import Supervisor, basic_train_loop
from opscope.runtime.train.sync_replicas_optimizer import SyncReplicasOptimizer
from opscope.runtime.train.training_util import (
    assert_global_step,
    create_global_step,
    get_global_step,
    get_or_create_global_step,
    global_step,
)

__all__ = [
    "AdadeltaOptimizer",
    "AdagradDAOptimizer",
    "AdagradOptimizer",
    "AdamOptimizer",
    "BytesList",
    "CheckpointSaverHook",
    "CheckpointSaverListener",
    "CheckpointState",
    "ChiefSessionCreator",
    "ClusterDef",
    "ClusterSpec",
    "Coordinator",
    "Example",
    "ExponentialMovingAverage",
    "Feature",
    "FeatureList",
    "FeatureLists",
    "Features",
    "FeedFnHook",
    "FinalOpsHook",
    "FloatList",
    "FtrlOptimizer",
    "GlobalStepWaiterHook",
    "GradientDescentOptimizer",
    "HealthHook",
    "Int64List",
    "JobDef",
    "LoggingTensorHook",
    "LooperThread",
    "MomentumOptimizer",
    "MonitoredSession",
    "MonitoredTrainingSession",
    "NanLossDuringTrainingError",
    "NanTensorHook",
    "NewCheckpointReader",
    "Optimizer",
    "ProfilerHook",
    "ProximalAdagradOptimizer",
    "ProximalGradientDescentOptimizer",
    "QueueRunner",
    "RMSPropOptimizer",
    "Saver",
    "SaverDef",
    "Scaffold",
    "SecondOrStepTimer",
    "SequenceExample",
    "Server",
    "ServerDef",
    "SessionCreator",
    "SessionManager",
    "SessionRunArgs",
    "SessionRunContext",
    "SessionRunHook",
    "SessionRunValues",
    "SingularMonitoredSession",
    "StepCounterHook",
    "StopAtStepHook",
    "SummarySaverHook",
    "Supervisor",
    "SyncReplicasOptimizer",
    "WorkerSessionCreator",
    "add_queue_runner",
    "assert_global_step",
    "basic_train_loop",
    "batch",
    "batch_join",
    "checkpoint_exists",
    "checkpoints_iterator",
    "cosine_decay",
    "cosine_decay_restarts",
    "create_global_step",
    "exponential_decay",
    "export_meta_graph",
    "generate_checkpoint_state_proto",
    "get_checkpoint_mtimes",
    "get_checkpoint_state",
    "get_global_step",
    "get_or_create_global_step",
    "global_step",
    "import_meta_graph",
    "init_from_checkpoint",
    "input_producer",
    "inverse_time_decay",
    "latest_checkpoint",
    "limit_epochs",
    "linear_cosine_decay",
    "list_variables",
    "load_checkpoint",
    "load_variable",
    "match_filenames_once",
    "maybe_batch",
    "maybe_batch_join",
    "maybe_shuffle_batch",
    "maybe_shuffle_batch_join",
    "natural_exp_decay",
    "noisy_linear_cosine_decay",
    "piecewise_constant",
    "piecewise_constant_decay",
    "polynomial_decay",
    "range_input_producer",
    "remove_checkpoint",
    "replica_device_setter",
    "shuffle_batch",
    "shuffle_batch_join",
    "slice_input_producer",
    "start_queue_runners",
    "string_input_producer",
    "summary_iterator",
    "update_checkpoint_state",
    "write_graph",
]

NewCheckpointReader = CheckpointReader
