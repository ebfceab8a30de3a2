import hashlib
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from llmutils import download as module
from llmutils.download import DownloadError, cache_folder, download

BODY = bytes(range(256)) * 2000  # 512,000 bytes
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMUTILS_CACHE", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("LLMUTILS_OFFLINE", raising=False)
    monkeypatch.setattr(module.time, "sleep", lambda _: None)


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


def test_a_break_is_continued_by_the_next_call():
    with server(truncated, status(503), whole) as (url, requests):
        with pytest.raises(DownloadError, match="503"):
            download(url, "b", len(BODY), attempts=2)
        assert not (cache_folder() / "b").exists()
        assert download(url, "b", len(BODY)).read_bytes() == BODY
        assert requests[-1] == "bytes=200000-"


def test_a_server_that_ignores_ranges_is_read_from_the_start():
    with server(truncated, ignores_range) as (url, requests):
        assert download(url, "b", sha256=SHA256).read_bytes() == BODY
        assert len(requests) == 2


def test_a_server_error_is_tried_again():
    with server(status(500), status(503), whole) as (url, requests):
        assert download(url, "b").read_bytes() == BODY and len(requests) == 3


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


def test_a_cut_without_content_length_is_noticed_by_the_size():
    def cut(request):
        whole(request, upto=1000, length=False)

    with (
        server(cut) as (url, _),
        pytest.raises(DownloadError, match="1,000 bytes, expected 512,000"),
    ):
        download(url, "b", len(BODY))
    with server(no_length) as (url, _):
        assert download(url, "b", len(BODY)).read_bytes() == BODY


def test_a_part_longer_than_the_file_is_started_afresh(tmp_path):
    (tmp_path / "b.part").write_bytes(BODY + b"more")
    with server(whole) as (url, requests):
        assert download(url, "b", len(BODY)).read_bytes() == BODY
        assert requests == [f"bytes={len(BODY) + 4}-", None]


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
        download(url, "b", attempts=2)


def test_several_callers_at_once_fetch_once():
    with server(whole) as (url, requests):
        threads = [threading.Thread(target=download, args=(url, "b", len(BODY))) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert requests == [None]
    assert (cache_folder() / "b").read_bytes() == BODY
