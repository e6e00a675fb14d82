"""The files page's routes: what is listed, what is given out, and what never is."""

from __future__ import annotations

import hashlib
import io
import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from event_oracle import oracle, said_of, unpack_logs
from flask.testing import FlaskClient
from run_writer import RunWriter

from opscope.dashboard import logdir_files
from opscope.dashboard.app import create_app
from opscope.dashboard.logdir_files import RefusedError, kind_of_file, list_files, open_inside
from opscope.dashboard.media_type import clip_type
from opscope.dashboard.pages.files import PAGE
from opscope.dashboard.server import Server
from opscope.dashboard.store import Store
from opscope.events import EventFileWriter, LogdirSpec
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.summary_pb2 import Summary

SECRET = b"not in the logdir"


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_logs(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="module")
def reader(logs: Path) -> Iterator[FlaskClient]:
    with Store(logs, reload_interval=0) as store:
        store.wait()
        client: FlaskClient = create_app(store).server.test_client()
        yield client


def test_the_files_of_several_logdirs_have_their_names(guarded: Path) -> None:
    spec = LogdirSpec.parse(f"a:{guarded},b:{guarded}/train")
    with Store(spec, reload_interval=0) as store:
        store.wait()
        client = create_app(store).server.test_client()
        assert client.get("/data/runs").json == ["a/train", "b"]
        files = {
            run: client.get(f"/api/files/run?run={run}").json["files"] for run in ("a/train", "b")
        }
        assert "a/train/link_in" in [file["name"] for file in files["a/train"]]
        assert "b/link_in" in [file["name"] for file in files["b"]]
        for name, status in (
            ("b/link_in", 200),
            ("a/train/link_in", 200),
            ("b/link_out", 404),
            ("b/../train/link_in", 404),
            ("train/link_in", 404),
            ("c/link_in", 404),
        ):
            assert client.get(f"/api/files/file?name={name}").status_code == status


@pytest.fixture
def guarded(tmp_path: Path) -> Path:
    """A logdir with links, a pipe and hidden files; beside it a secret."""
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "logs-and-more").mkdir()
    (tmp_path / "logs-and-more" / "secret").write_bytes(SECRET)
    logdir = tmp_path / "logs"
    writer = RunWriter(logdir / "train")
    writer.scalars("loss", [(0, 1.0)])
    writer.close()
    (logdir / "train" / "model.ckpt-1.index").write_bytes(b"weights")
    (logdir / "train" / "link_in").symlink_to(logdir / "train" / "model.ckpt-1.index")
    (logdir / "train" / "link_out").symlink_to(tmp_path / "secret")
    (logdir / "train" / "link_beside").symlink_to("../../logs-and-more/secret")
    (logdir / "folder_out").symlink_to(tmp_path)
    (logdir / "nowhere").symlink_to(tmp_path / "gone")
    (logdir / ".hidden").write_bytes(SECRET)
    (logdir / ".git").mkdir()
    (logdir / ".git" / "config").write_bytes(SECRET)
    os.mkfifo(logdir / "pipe")
    return logdir


def client_of(folder: Path) -> FlaskClient:
    store = Store(folder, reload_interval=0).start()
    store.wait()
    client: FlaskClient = create_app(store).server.test_client()
    return client


def test_every_kind_is_listed_with_what_the_log_holds(logs: Path, reader: FlaskClient) -> None:
    found = reader.get("/api/files/run?run=tf2/main").json
    rows = {(row["kind"], row["tag"]): row for row in found["tags"]}
    assert {kind for kind, _ in rows} == {"audio", "mesh"}
    for (tag, step), value in oracle(logs, "tf2/main").items():
        row = next((row for (_, name), row in rows.items() if name == tag), None)
        if row is None:
            continue
        index = row["index"][row["step"].index(step)]
        name = f"run=tf2/main&tag={tag}&kind={row['kind']}&index={index}"
        holds = reader.get(f"/api/files/point?{name}").json["holds"]
        tensor = value["tensor"]
        message = reader.get(f"/api/files/payload?{name}")
        written = Summary.Value.FromString(message.data)
        assert (written.tag, written.tensor.ByteSize()) == (tag, tensor["proto_bytes"])
        assert "attachment" in message.headers["Content-Disposition"]
        if row["kind"] == "audio":
            clip = reader.get(f"/api/files/clip?{name}")
            assert (clip.mimetype, said_of(clip.data)) == ("audio/wav", tensor["strings"][0])
        elif tensor["dtype"] == "object":
            assert holds.startswith("string")
        else:
            assert holds == f"{tensor['dtype']} {tensor['shape']}"
            array = np.load(io.BytesIO(reader.get(f"/api/files/payload?{name}&form=array").data))
            assert (array.dtype.name, list(array.shape)) == (tensor["dtype"], tensor["shape"])
            if "values" in tensor:
                assert array.ravel().tolist() == tensor["values"]
    others = [
        row["kind"]
        for row in reader.get("/api/files/run?run=torch/hparam/trial0&every=1").json["tags"]
    ]
    assert sorted(others) == ["hparams"] * 3 + ["scalar"] * 2


def test_run_metadata_and_old_audio_are_given_out(logs: Path, reader: FlaskClient) -> None:
    name = "run=tf1/train&tag=step059&kind=run_metadata"
    assert (
        reader.get(f"/api/files/payload?{name}").data
        == (logs / "tf1" / "run_metadata_step059.pb").read_bytes()
    )
    audio = oracle(logs, "tf1/test")["special/tone/audio/0", 30]["audio"]
    rows = reader.get("/api/files/run?run=tf1/test").json["tags"]
    row = next(row for row in rows if row["tag"] == "special/tone/audio/0")
    index = row["index"][row["step"].index(30)]
    clip = reader.get(f"/api/files/clip?run=tf1/test&tag={row['tag']}&index={index}")
    assert hashlib.sha1(clip.data).hexdigest()[:16] == audio["sha1"]


def test_files_lie_with_the_run_they_are_nearest_to(logs: Path, reader: FlaskClient) -> None:
    def files(run: str) -> dict[str, str]:
        found = reader.get(f"/api/files/run?run={run}").json["files"]
        return {file["name"]: file["kind"] for file in found}

    ours = files("torch/all")
    assert ours["torch/all/projector_config.pbtxt"] == "projector"
    assert ours["torch/all/00001/emb/tensors.tsv"] == "projector"
    assert "event file" in ours.values()
    name = "torch/all/00001/emb/sprite.png"
    answer = reader.get(f"/api/files/file?name={name}")
    assert answer.data == (logs / name).read_bytes()
    assert int(answer.headers["Content-Length"]) == len(answer.data)


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "train/../../secret",
        "./../secret",
        "..",
        ".",
        "",
        "/etc/passwd",
        "//etc/passwd",
        "train/link_out",
        "train/link_beside",
        "../logs-and-more/secret",
        "folder_out/secret",
        "nowhere",
        ".hidden",
        ".git/config",
        "pipe",
        "train",
        "train/gone",
        "train/\0",
        "..%2fsecret",
        "..\\secret",
        "~/secret",
    ],
)
def test_nothing_outside_is_given_out(guarded: Path, name: str) -> None:
    answer = client_of(guarded).get("/api/files/file", query_string={"name": name})
    assert answer.status_code == 404
    assert SECRET not in answer.data
    with pytest.raises(RefusedError):
        open_inside(str(guarded), name)


def test_links_within_are_followed_and_links_out_are_only_named(guarded: Path) -> None:
    client = client_of(guarded)
    assert client.get("/api/files/file?name=train/link_in").data == b"weights"
    found = {file["name"]: file for file in client.get("/api/files/run?run=train").json["files"]}
    assert found["train/link_out"]["size"] is None
    assert found["train/model.ckpt-1.index"]["kind"] == "checkpoint"
    assert not {name for name in found if "hidden" in name or "git" in name or "pipe" in name}
    linked = guarded.parent / "by_link"
    linked.symlink_to(guarded)
    assert client_of(linked).get("/api/files/file?name=train/link_in").data == b"weights"


def test_a_link_put_there_meanwhile_leads_nowhere(
    guarded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.path.realpath

    def swapped(path: str) -> str:
        found = real(path)
        target = guarded / "train" / "model.ckpt-1.index"
        if found == str(target):
            target.unlink()
            target.symlink_to(guarded.parent / "secret")
        return found

    monkeypatch.setattr(logdir_files.os.path, "realpath", swapped)
    with pytest.raises(RefusedError, match="cannot be opened"):
        open_inside(str(guarded), "train/model.ckpt-1.index")


def test_a_file_is_sent_piece_by_piece_over_the_wire(
    guarded: Path, served: Callable[..., Server]
) -> None:
    data = os.urandom(3_000_001)
    (guarded / "train" / "weights.npy").write_bytes(data)
    server = served(guarded)
    host, port = re.findall(r"//(.*):(\d+)", server.url)[0]
    with socket.create_connection((host, int(port))) as line:
        line.sendall(
            b"GET /api/files/file?name=train/weights.npy HTTP/1.1\r\n"
            b"Host: localhost\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n"
        )
        answer = b"".join(iter(lambda: line.recv(1 << 16), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == data
    assert b"attachment" in head
    assert b"Content-Encoding" not in head


def test_a_clip_is_played_for_what_it_is(tmp_path: Path) -> None:
    writer = EventFileWriter(str(tmp_path))
    summary = Summary()
    audio = summary.value.add(tag="tone").audio
    audio.content_type, audio.encoded_audio_string = "text/html", b"<script>alert(1)</script>"
    writer.add_event(Event(wall_time=1.0, summary=summary))
    writer.close()
    client = client_of(tmp_path)
    assert client.get("/api/files/run?run=.").json["tags"][0]["clips"][0]["type"] is None
    assert client.get("/api/files/clip?run=.&tag=tone&index=0").status_code == 415
    assert clip_type(b"RIFF\0\0\0\0WAVEfmt ") == "audio/wav"


def test_many_files_and_dumps_are_bounded(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number}.txt").write_bytes(b"x")
    dump = tmp_path / "a" / "run_1"
    (dump / "device").mkdir(parents=True)
    (dump / "device" / "tensor").write_bytes(b"1234")
    files, more = list_files(str(tmp_path), [str(dump)], most=10)
    assert (len(files), more) == (10, True)
    files, more = list_files(str(tmp_path), [str(dump)])
    assert ([file.name for file in files[:12]], more) == ([f"{n}.txt" for n in range(12)], False)
    assert (files[12].name, files[12].kind, files[12].size) == ("a/run_1", "tfdbg dump", 4)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("events.out.tfevents.1.host", "event file"),
        ("events.out.tfevents.1.host.profile-empty", "profile"),
        ("plugins/profile/2026/host.xplane.pb", "profile"),
        ("model.ckpt-1.data-00000-of-00001", "checkpoint"),
        ("checkpoint", "checkpoint"),
        ("tfdbg_events.1.host.metadata", "Debugger V2"),
        ("projector_config.pbtxt", "projector"),
        ("graph.pbtxt", "graph"),
        ("notes.md", ".md file"),
        ("README", "file"),
    ],
)
def test_kinds_by_name(name: str, kind: str) -> None:
    assert kind_of_file(name) == kind


def test_a_folder_without_runs_has_its_files(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text("model")
    with Store(tmp_path, reload_interval=0) as store:
        store.wait()
        assert PAGE.has_data(store)
        client = create_app(store).server.test_client()
        assert [row["tag"] for row in client.get("/api/files/tags").json["tags"]] == ["."]
        found = client.get("/api/files/run?run=.").json
        assert [file["name"] for file in found["files"]] == ["checkpoint"]
        (tmp_path / "checkpoint").unlink()
        assert not PAGE.has_data(store)
