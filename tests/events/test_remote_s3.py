"""Logdirs on S3, against a server of our own on this machine."""

from collections.abc import Iterator

import boto3
import pytest
import s3fs
from moto.server import ThreadedMotoServer

from opscope.events import LogdirError, open_logdir
from opscope.events.proto.event_pb2 import Event
from opscope.events.record import frame
from opscope.events.remote_files import RemoteFiles


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    yield client
    client.close()
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def events(*steps: int) -> bytes:
    made = [Event(wall_time=1.0, file_version="brain.Event:2")]
    for step in steps:
        made.append(Event(wall_time=1.5, step=step))
        made[-1].summary.value.add(tag="x", simple_value=step)
    return b"".join(frame(event.SerializeToString()) for event in made)


def test_a_logdir_on_s3_is_read_and_followed(client, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    whole = RemoteFiles.range

    def noted(self: RemoteFiles, path: str, start: int, end: int) -> bytes:
        data = whole(self, path, start, end)
        read.append(len(data))
        return data

    monkeypatch.setattr(RemoteFiles, "range", noted)

    def put(key: str, *steps: int) -> None:
        client.put_object(Bucket="bucket", Key=key, Body=events(*steps))

    put("logs/train/events.out.tfevents.1", *range(5000))
    put("logs/test/events.out.tfevents.1", 1, 2)
    put("logs/other.txt", 1)
    logdir = open_logdir("s3://bucket/logs")
    assert logdir.runs() == ["test", "train"]
    assert logdir.scalars("train", "x").step.tolist() == list(range(5000))
    read.clear()
    assert not logdir.reload()
    assert read == []
    put("logs/train/events.out.tfevents.1", *range(5003))
    put("logs/test/events.out.tfevents.2", 3)
    assert logdir.reload()
    assert logdir.scalars("train", "x").step.tolist() == list(range(5003))
    assert logdir.scalars("test", "x").step.tolist() == [1, 2, 3]
    assert sum(read) < 1000
    put("logs/test/events.out.tfevents.2", 4)  # as long as before
    assert logdir.reload()
    assert logdir.scalars("test", "x").step.tolist() == [1, 2, 4]
    assert logdir.problems == []
    with pytest.raises(LogdirError, match="s3://bucket/none: no such folder"):
        open_logdir("s3://bucket/none")
    with pytest.raises(LogdirError, match="s3://nobucket/logs: "):
        open_logdir("s3://nobucket/logs")
