"""What huggingface_hub leaves in its cache after fetching a small repository -> test/golden/hub-cache.json.

A server on this machine stands for the hub. Run from the repository root: python scripts/golden/hub_cache.py
"""

import hashlib
import importlib.metadata
import os
import platform
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPOSITORY = "sea/little-bert"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": Path("test/golden/models/bert/config.json").read_text("utf-8"),
    "tokenizer_config.json": '{"do_lower_case": true}\n',
    "vocab.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nsea\n",
    "model.safetensors": "bytes that git keeps elsewhere\n",
}
ABSENT = ["added_tokens.json", "special_tokens_map.json", "tokenizer.json", "vocab.json", "merges.txt"]


def is_large(name):
    return name.endswith(".safetensors")


def checksum(name):
    content = FILES[name].encode()
    if is_large(name):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


class Hub(BaseHTTPRequestHandler):
    def answer(self, status, headers, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_GET(self):
        name = self.path.rsplit("/", 1)[1]
        if self.path.startswith("/large/"):
            body = FILES[name].encode()
            return self.answer(200, {"Content-Length": len(body)}, body)
        told = {"X-Repo-Commit": COMMIT}
        if name not in FILES:
            return self.answer(404, {**told, "X-Error-Code": "EntryNotFound", "Content-Length": 0})
        body = FILES[name].encode()
        etag = f'"{checksum(name)}"'
        if is_large(name):
            linked = {"X-Linked-Etag": etag, "X-Linked-Size": len(body)}
            place = {"Location": f"http://localhost:{server.server_port}/large/{name}", "Content-Length": 0}
            return self.answer(302, {**told, **linked, **place})
        return self.answer(200, {**told, "ETag": etag, "Content-Length": len(body)}, body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
endpoint = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()

with tempfile.TemporaryDirectory() as folder:
    os.environ.update({"HF_HOME": folder, "HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_XET": "1"})
    # Reads the environment when it is imported.
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    for name in [*FILES, *ABSENT]:
        try:
            hf_hub_download(REPOSITORY, name)
        except EntryNotFoundError:
            assert name in ABSENT
    cache = Path(folder) / "hub" / f"models--{REPOSITORY.replace('/', '--')}"
    entries = {}
    for path in sorted(cache.rglob("*")):
        name = path.relative_to(cache).as_posix()
        if path.is_symlink():
            entries[name] = {"link": os.readlink(path)}
        elif path.is_file():
            entries[name] = {"text": path.read_text("utf-8")}

golden_versions = {
    "script": "scripts/golden/hub_cache.py",
    "python": platform.python_version(),
    "huggingface_hub": importlib.metadata.version("huggingface_hub"),
}
from golden_files import write_json  # noqa: E402

write_json(
    Path("test/golden/hub-cache.json"),
    {"generator": golden_versions, "repository": REPOSITORY, "commit": COMMIT, "files": FILES, "cache": entries},
)
