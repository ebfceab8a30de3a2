import hashlib
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from llmutils.formats.download import DownloadError, cache_folder, download

BODY = bytes(range(256)) * 2000  # 512,000 bytes
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMUTILS_CACHE", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("LLMUTILS_OFFLINE", raising=False)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 0.5)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 50_000)  # of 10 MB


@contextmanager
def server(*behaviours):
    """Serve on a free port; the n-th request gets the n-th behaviour, the last one for ever."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.headers.get("Range"))
            behaviours[min(len(requests), len(behaviours)) - 1](self)

        def log_message(self, *_):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/file", requests
    finally:
        httpd.shutdown()
        httpd.server_close()


def whole(request, body=BODY, upto=None, length=True):
    """Answer with the body, or what Range asks of it; `upto` cuts the connection early."""
    start = 0
    if wanted := request.headers.get("Range"):
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(body):
            return status(416)(request)
        request.send_response(206)
        request.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
    else:
        request.send_response(200)
    if length:
        request.send_header("Content-Length", str(len(body) - start))
    request.end_headers()
    request.wfile.write(body[start:upto])


def truncated(request):
    whole(request, upto=200_000)


def ignores_range(request):
    del request.headers["Range"]
    whole(request)


def no_length(request):
    whole(request, length=False)


def other_bytes(request):
    whole(request, body=bytes(len(BODY)))


def status(code):
    return lambda request: request.send_error(code)


def test_a_file_is_fetched_once_and_then_used_without_a_request():
    with server(whole) as (url, requests):
        path = download(url, "a/b.bin", len(BODY), SHA256)
        assert path == cache_folder() / "a/b.bin" and path.read_bytes() == BODY
        assert download(url, "a/b.bin", len(BODY), SHA256) == path
        assert requests == [None]
    assert download(url, "a/b.bin", len(BODY), SHA256) == path  # the server is gone
    assert not path.with_name("b.bin.part").exists()


def test_a_broken_connection_is_continued_where_it_broke():
    with server(truncated, whole) as (url, requests):
        assert download(url, "b", sha256=SHA256).read_bytes() == BODY
        assert requests == [None, "bytes=200000-"]


@pytest.mark.parametrize("known", [{"size": len(BODY)}, {"sha256": SHA256}])
def test_a_break_is_continued_by_the_next_call(known, tmp_path):
    with server(truncated, status(503), whole) as (url, requests):
        with pytest.raises(DownloadError, match="503"):
            download(url, "b", **known)
        assert not (tmp_path / "b").exists()
        assert (tmp_path / "b.part").read_bytes() == BODY[:200_000]
        assert download(url, "b", **known).read_bytes() == BODY
        assert requests[-1] == "bytes=200000-"


def test_a_part_that_nothing_can_check_is_started_afresh(tmp_path):
    (tmp_path / "b.part").write_bytes(b"of another file")
    with server(whole) as (url, requests):
        assert download(url, "b").read_bytes() == BODY and requests == [None]


def test_a_part_that_is_whole_needs_no_request(tmp_path):
    (tmp_path / "b.part").write_bytes(BODY)
    with server(status(500)) as (url, requests):
        assert download(url, "b", sha256=SHA256).read_bytes() == BODY and requests == []


def test_a_part_longer_than_the_file_is_started_afresh(tmp_path):
    (tmp_path / "b.part").write_bytes(BODY + b"more")
    with server(whole) as (url, requests):
        assert download(url, "b", len(BODY)).read_bytes() == BODY and requests == [None]
        (tmp_path / "b.part").write_bytes(BODY + b"more")
        with pytest.raises(DownloadError, match="416"):
            download(url, "b", sha256="of another file")
        assert not (tmp_path / "b.part").exists()


def test_a_server_that_continues_elsewhere_is_not_believed(tmp_path):
    def elsewhere(request):
        request.send_response(206)
        request.send_header("Content-Range", f"bytes 0-{len(BODY) - 1}/{len(BODY)}")
        request.send_header("Content-Length", str(len(BODY)))
        request.end_headers()
        request.wfile.write(BODY)

    (tmp_path / "b.part").write_bytes(BODY[:1000])
    with server(elsewhere, whole) as (url, requests):
        with pytest.raises(DownloadError, match="513000"):
            download(url, "b", len(BODY))
        assert download(url, "b", len(BODY)).read_bytes() == BODY
        assert requests == ["bytes=1000-", None]


@pytest.mark.parametrize("known", [{"size": len(BODY)}, {"sha256": SHA256}])
def test_a_cut_that_the_server_does_not_tell_is_noticed(known):
    def cut(request):
        whole(request, upto=1000, length=False)

    with server(cut, no_length) as (url, _):
        with pytest.raises(DownloadError, match="1000|SHA-256"):
            download(url, "b", **known)
        assert download(url, "b", **known).read_bytes() == BODY


def test_bytes_are_asked_for_as_they_are():
    def plain(request):
        assert request.headers["Accept-Encoding"] == "identity"
        whole(request)

    with server(plain) as (url, _):
        download(url, "b")


def test_a_server_that_ignores_ranges_is_read_from_the_start():
    with server(truncated, ignores_range) as (url, requests):
        assert download(url, "b", sha256=SHA256).read_bytes() == BODY
        assert len(requests) == 2


@pytest.mark.parametrize("code", [403, 404])
def test_a_refusal_is_final_and_says_where_the_file_belongs(code):
    with server(status(code)) as (url, requests):
        with pytest.raises(DownloadError) as error:
            download(url, "folder/b")
        assert len(requests) == 1
    for part in (url, str(code), str(cache_folder() / "folder" / "b"), "by hand"):
        assert part in str(error.value)


def test_other_bytes_of_the_right_length_are_refused():
    with server(other_bytes) as (url, _):
        with pytest.raises(DownloadError, match=f"has SHA-256 .* expected {SHA256}"):
            download(url, "b", len(BODY), SHA256)
    assert not (cache_folder() / "b").exists()


def test_a_wrong_file_is_replaced_only_by_a_right_one(tmp_path):
    (tmp_path / "b").write_bytes(b"old")
    with server(status(404)) as (url, _), pytest.raises(DownloadError):
        download(url, "b", len(BODY))
    assert (tmp_path / "b").read_bytes() == b"old"
    with server(whole) as (url, _):
        assert download(url, "b", len(BODY)).read_bytes() == BODY


def test_offline_means_no_request(monkeypatch, tmp_path):
    monkeypatch.setenv("LLMUTILS_OFFLINE", "1")
    with server(whole) as (url, requests):
        with pytest.raises(DownloadError, match="LLMUTILS_OFFLINE=1 forbids"):
            download(url, "b")
        assert requests == []
        (tmp_path / "b").write_bytes(BODY)
        assert download(url, "b", len(BODY), SHA256) == tmp_path / "b"


def test_a_dead_server_is_one_error():
    with server(whole) as (url, _):
        pass
    with pytest.raises(DownloadError, match="could not get .*efused"):
        download(url, "b")


def test_several_callers_at_once_fetch_once():
    with server(whole) as (url, requests):
        threads = [threading.Thread(target=download, args=(url, "b", len(BODY))) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert requests == [None]
    assert (cache_folder() / "b").read_bytes() == BODY


def pause(seconds):
    threading.Event().wait(seconds)  # `time.sleep` is switched off in these tests


def stalls(request):
    whole(request, upto=200_000)
    request.wfile.flush()
    pause(2)


def resets(request):
    whole(request, upto=200_000)
    request.wfile.flush()
    pause(0.2)
    linger = struct.pack("ii", 1, 0)  # a close that sends a reset
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    request.connection.shutdown(socket.SHUT_RD)
    request.connection.close()
    request.wfile = request.rfile


@pytest.mark.parametrize("breaks", [stalls, resets])
def test_a_stalled_or_reset_connection_is_continued(breaks):
    with server(breaks, whole) as (url, requests):
        try:
            download(url, "b", sha256=SHA256)
        except DownloadError:  # the client tries again after a stall only
            assert breaks is resets
        assert download(url, "b", sha256=SHA256).read_bytes() == BODY
        assert len(requests) == 2 and requests[1].startswith("bytes=")


def test_a_redirect_is_followed():
    with server(whole) as (target, _):

        def redirect(request):
            request.send_response(302)
            request.send_header("Location", target)
            request.end_headers()

        with server(redirect) as (url, requests):
            assert download(url, "b", len(BODY), SHA256).read_bytes() == BODY
            assert len(requests) == 1


def test_a_folder_that_cannot_be_made_is_one_error(tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder", encoding="utf-8")
    with server(whole) as (url, requests):
        with pytest.raises(DownloadError, match="could not get .*(taken|directory)"):
            download(url, "taken/b", len(BODY))
        assert requests == []
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file, not a folder"


@contextmanager
def unprivileged():
    """Be nobody for the length of a block if we are root, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have no such permissions")
@pytest.mark.parametrize("good", [False, True], ids=["no file", "a good file"])
def test_a_read_only_folder_is_one_error_or_none_at_all(good):
    with tempfile.TemporaryDirectory() as folder, server(whole) as (url, requests):
        os.chmod(folder, 0o755)
        path = Path(folder) / "closed" / "b"
        path.parent.mkdir()
        if good:
            path.write_bytes(BODY)
        path.parent.chmod(0o555)
        with unprivileged():
            if good:
                assert download(url, path, len(BODY), SHA256) == path
            else:
                with pytest.raises(DownloadError, match="Permission denied"):
                    download(url, path, len(BODY))
        path.parent.chmod(0o755)
        assert requests == [] and path.parent.exists()
        assert [file.name for file in path.parent.iterdir()] == (["b"] if good else [])


SMALL = "import huggingface_hub.constants as c; c.DOWNLOAD_CHUNK_SIZE = 50_000\n"


def in_process(code, *arguments, environment=None):
    """Start Python on some code that may use `download` and its arguments."""
    command = [
        sys.executable,
        "-c",
        f"import sys\nfrom llmutils.formats.download import *\n{SMALL}{code}",
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    pipes["env"] = os.environ | (environment or {})
    return subprocess.Popen([*command, *map(str, arguments)], **pipes)


def test_two_processes_fetch_once():
    def slow(request):
        pause(0.5)
        whole(request)

    with server(slow) as (url, requests):
        code = "print(download(sys.argv[1], 'b', int(sys.argv[2])).stat().st_size)"
        processes = [in_process(code, url, len(BODY)) for _ in range(2)]
        outputs = [process.communicate(timeout=60)[0] for process in processes]
        assert outputs == [f"{len(BODY)}\n"] * 2 and requests == [None]
    assert (cache_folder() / "b").read_bytes() == BODY


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_leaves_a_part_that_the_next_call_continues(tmp_path):
    waiting = threading.Event()

    def slow(request):
        whole(request, upto=300_000)
        request.wfile.flush()
        waiting.wait(20)

    with server(slow, whole) as (url, requests):
        process = in_process("download(sys.argv[1], 'b', int(sys.argv[2]))", url, len(BODY))
        part = tmp_path / "b.part"
        for _ in range(300):
            if part.exists() and part.stat().st_size:
                break
            pause(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert process.returncode != 0 and "KeyboardInterrupt" in errors
        waiting.set()
        assert not (tmp_path / "b").exists() and BODY.startswith(part.read_bytes())
        assert download(url, "b", sha256=SHA256).read_bytes() == BODY
        assert requests[1] == f"bytes={part_size(requests[1])}-" and part_size(requests[1]) > 0


def part_size(header):
    return int(header.removeprefix("bytes=").removesuffix("-"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on a file's size")
def test_a_full_disk_is_one_error_and_leaves_the_good_file_alone(tmp_path):
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    download(sys.argv[1], "b", 512_000)
except DownloadError as error:
    print(error)
"""
    (tmp_path / "b").write_bytes(b"an older one")
    with server(whole) as (url, _):
        output, errors = in_process(code, url).communicate(timeout=60)
        assert "could not get" in output and "File too large" in output, errors
        assert (tmp_path / "b").read_bytes() == b"an older one"
        assert download(url, "b", len(BODY), SHA256).read_bytes() == BODY


def test_proxies_are_taken_from_the_environment():
    with server(whole) as (url, requests):
        code = "print(download('http://nowhere.invalid/file', 'b', 512_000).stat().st_size)"
        environment = {"HTTP_PROXY": url.removesuffix("/file"), "NO_PROXY": ""}
        output, errors = in_process(code, environment=environment).communicate(timeout=60)
        assert output == f"{len(BODY)}\n", errors
        assert requests == [None]
