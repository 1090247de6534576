"""The client: signed acts, files by their digests, questions."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import ssl
import stat
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Iterable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from ._release import Release

_PREFIX = "/api/v1"
_TYPE = "application/vnd.glovebox.act+json"
_PIECE = 8 << 20
_MOST = 256 << 20  # bytes of an answer
_ROUTES = {
    "session.open": ("POST", "/tokens"),
    "job.run": ("POST", "/jobs"),
    "job.cancel": ("POST", "/jobs/{id}/state"),
    "release.approve": ("POST", "/releases/{id}/reviews"),
    "release.return": ("POST", "/releases/{id}/reviews"),
}


@dataclass(frozen=True)
class Reason:
    """Why the policy refused: the rule, and what to do, in both languages."""

    rule: str
    en: str
    zh: str
    at: str = ""


class Failure(Exception):
    """The server did not do what it was asked.

    status is that of HTTP, code the product's (invalid, denied, conflict, …),
    problem its whole answer (RFC 9457).
    """

    def __init__(self, status: int, problem: Mapping[str, Any]):
        self.status, self.problem, self.code = status, problem, str(problem.get("code", ""))
        texts = [str(p.get("message", "")) for p in problem.get("problems") or []]
        super().__init__("; ".join(t for t in texts if t) or str(problem.get("title", status)))


class Refused(Failure):
    """The policy refused; reasons has all of them."""

    def __init__(self, status: int, problem: Mapping[str, Any]):
        super().__init__(status, problem)
        reasons = (problem.get("decision") or {}).get("reasons") or []
        self.reasons = [Reason(r.get("rule", ""), r["text"].get("en", ""), r["text"].get("zh", ""), r.get("at", "")) for r in reasons]
        self.args = ("; ".join(r.en for r in self.reasons) or str(self),)


@dataclass(frozen=True)
class Check:
    """What a job would cost, and whether it would run. Nothing is spent."""

    allowed: bool
    reasons: list[Reason]
    prices: list[dict[str, Any]]
    answer: dict[str, Any] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A job on its way. It belongs to the server: it goes on when this program ends."""

    id: str


def _canonical(x: Any) -> bytes:
    text = json.dumps(x, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


class Client:
    """A person's door to a domain.

    server is https://HOST[:PORT], user the login name, key the file of the Ed25519
    key (PKCS#8, PEM, mode 0600). ca is a file of certificates to trust instead of the
    system's. timeout is of one request, in seconds.
    """

    def __init__(self, server: str, user: str, key: str | os.PathLike[str], ca: str | os.PathLike[str] | None = None, timeout: float = 60):
        if urllib.parse.urlsplit(server).scheme != "https":
            raise ValueError("write the server as https://HOST[:PORT]")
        self.server, self.user, self._timeout = server.rstrip("/"), user, timeout
        self._tls = ssl.create_default_context(cafile=os.fspath(ca) if ca else None)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_3
        if stat.S_IMODE(os.stat(key).st_mode) & 0o077:
            raise PermissionError(f"{key} is open to others than its owner: chmod 600 {key}")
        private = load_pem_private_key(Path(key).read_bytes(), password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise TypeError(f"{key} holds no Ed25519 key")
        self._key = private
        der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self._keyid = "sha256:" + hashlib.sha256(der).hexdigest()
        self._secret = ""
        self._domain = ""

    # Jobs.

    def check(self, job: str | os.PathLike[str] | Mapping[str, Any], files: Iterable[str | os.PathLike[str]] = ()) -> Check:
        """Say what a job would cost and whether it would run."""
        name, digests = self._hand_in(job, files)
        a = self._ask("POST", "/checks", {"file": name, "files": digests})
        decision = a["decision"]
        reasons = [Reason(r.get("rule", ""), r["text"].get("en", ""), r["text"].get("zh", ""), r.get("at", "")) for r in decision.get("reasons") or []]
        return Check(bool(decision["allow"]), reasons, a.get("prices") or [], a)

    def submit(self, job: str | os.PathLike[str] | Mapping[str, Any], files: Iterable[str | os.PathLike[str]] = ()) -> Run:
        """Run a job: a YAML file or a mapping, with the files that it names.

        Files that a job names lie beside it; of a mapping, they are paths from here.
        """
        name, digests = self._hand_in(job, files)
        return Run(self.act("job.run", params={"file": name, "files": digests})["id"])

    def wait(self, run: Run | str, poll: float = 1, timeout: float | None = None) -> Release:
        """Wait for the end of a run and return its release, through lost connections."""
        ends = time.monotonic() + timeout if timeout is not None else None
        path = "/runs/" + urllib.parse.quote(run.id if isinstance(run, Run) else run, safe="")
        while True:
            try:
                a = self._ask("GET", path)
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                a = {"state": "running"}
            if a["state"] == "done":
                return self.release(a["outcome"]["release"]["id"])
            if a.get("problem"):
                raise _failure(int(a["problem"].get("status", 500)), a["problem"])
            if ends is not None and time.monotonic() > ends:
                raise TimeoutError(f"the run is {a['state']}; wait({path.rsplit('/', 1)[1]!r}) goes on")
            time.sleep(poll)

    def release(self, id: str) -> Release:
        """A release that this person may see."""
        return Release.of(self._ask("GET", "/releases/" + urllib.parse.quote(id, safe="")))

    def cancel(self, job: str, reason: str) -> None:
        """End a job for good; what it was charged stays charged."""
        self.act("job.cancel", "job/" + job, {"reason": reason})

    def look(self, path: str, **args: str) -> Any:
        """Ask a question of the API, such as look("datasets/population")."""
        return self._ask("GET", "/" + path.strip("/") + ("?" + urllib.parse.urlencode(args) if args else ""))

    # Acts.

    def act(self, name: str, subject: str = "", params: Mapping[str, Any] | None = None, role: str = "") -> Any:
        """Sign an act on the state of its subject as it is now, and send it."""
        method, path = _ROUTES[name]
        state = ""
        if subject and name != "session.open":
            kind, _, of = subject.partition("/")
            state = self._ask("GET", f"/states/{kind}/{urllib.parse.quote(of, safe='')}")["state"]
        if not self._domain:
            self._domain = self._send("GET", "/domain")["name"]
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        nonce = base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()
        act = {"act": name, "domain": self._domain, "nonce": nonce, "params": dict(params or {}), "role": role, "state": state, "subject": subject, "time": now, "v": 1}
        payload = _canonical(act)
        signed = self._key.sign(b"DSSEv1 %d %s %d %s" % (len(_TYPE), _TYPE.encode(), len(payload), payload))
        envelope = {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": _TYPE,
            "signatures": [{"keyid": self._keyid, "scheme": "ed25519", "sig": base64.b64encode(signed).decode()}],
        }
        id = urllib.parse.quote(subject.partition("/")[2] or "-", safe="")
        return self._send(method, path.replace("{id}", id), {"envelope": envelope})

    def login(self) -> None:
        """Open a session; done by itself where one is needed."""
        self._secret = self.act("session.open", "session/" + self.user, {"scope": "act"})["secret"]

    # Files.

    def _hand_in(self, job: str | os.PathLike[str] | Mapping[str, Any], files: Iterable[str | os.PathLike[str]]) -> tuple[str, dict[str, str]]:
        given = [Path(f) for f in files]
        if isinstance(job, Mapping):
            name, folder, text = "job.json", Path(), json.dumps(job, ensure_ascii=False).encode()
            named = _named(job)
        else:
            path = Path(job)
            name, folder, text = path.name, path.parent, path.read_bytes()
            named = [] if given else _named(_parse(path, text))
        digests = {name: self._upload(text)}
        for beside in named:
            digests[beside] = self._upload((folder / beside).read_bytes())
        for f in given:
            digests[f.name] = self._upload(f.read_bytes())
        return name, digests

    def _upload(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        at = int(self._ask("GET", "/blobs/" + digest)["offset"])
        while at < len(data):
            piece = data[at : at + _PIECE]
            self._ask("PUT", "/blobs/" + digest, piece, {"Upload-Offset": str(at)})
            at += len(piece)
        return "sha256:" + digest

    # Requests.

    def _ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        if not self._secret:
            self.login()
        try:
            return self._send(method, path, body, headers)
        except Failure as e:
            if e.status != 401:
                raise
            self.login()  # the session ended
            return self._send(method, path, body, headers)

    def _send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        data = body if isinstance(body, (bytes, type(None))) else _canonical(body)
        request = urllib.request.Request(self.server + _PREFIX + path, data=data, method=method, headers=dict(headers or {}))
        if body is not None:
            request.add_header("Content-Type", "application/octet-stream" if isinstance(body, bytes) else "application/json")
        if self._secret:
            request.add_header("Authorization", "Bearer " + self._secret)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout, context=self._tls) as answer:
                return _json(answer.read(_MOST + 1))
        except urllib.error.HTTPError as e:
            try:
                problem = _json(e.read(_MOST + 1))
            except ValueError:
                problem = None
            raise _failure(e.code, problem if isinstance(problem, dict) else {"title": e.reason}) from None


def _json(data: bytes) -> Any:
    if len(data) > _MOST:
        raise ValueError("the server's answer is too long")
    return json.loads(data) if data.strip() else None


def _failure(status: int, problem: Mapping[str, Any]) -> Failure:
    return Refused(status, problem) if problem.get("decision") else Failure(status, problem)


def _parse(path: Path, text: bytes) -> Mapping[str, Any]:
    try:
        import yaml
    except ImportError:
        raise ModuleNotFoundError(f"name the files that {path} names as files=[...], or install pyyaml") from None
    job = yaml.safe_load(text)
    if not isinstance(job, Mapping):
        raise ValueError(f"{path} is no job")
    return job


def _named(job: Mapping[str, Any]) -> list[str]:
    names = {job["module"]} if isinstance(job.get("module"), str) and not job["module"].startswith("sha256:") else set()
    names.update(v for v in (job.get("references") or {}).values() if isinstance(v, str))
    for key in ((job.get("output") or {}).get("key") or {}).values():
        if isinstance(key, Mapping) and isinstance(key.get("public"), str):
            names.add(key["public"])
    return sorted(names)
