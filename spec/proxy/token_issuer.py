"""A provider of tokens for the specs: client credentials in, RS256 JWTs out.

    token_issuer.py            prints its port

POST /token   form; client_id `cid` and client_secret `c/secret+`, in the form or as HTTP Basic.
              More fields, for the specs: ttl, how long the token lives; claim, how long the
              answer says that it does; audience; scope.
GET  /jwks    the public key
GET  /count   tokens given so far
POST /fail?times=N&status=S    the next N requests for a token fail
"""
import base64
import json
import math
import signal
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CLIENTS = {"cid": "c/secret+"}
LOCK = threading.Lock()
STATE = {"given": 0, "fail": 0, "status": 503}


def number(value):
    size = (value.bit_length() + 7) // 8
    return base64.urlsafe_b64encode(value.to_bytes(size, "big")).rstrip(b"=").decode()


def jwks():
    public = KEY.public_key().public_numbers()
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": number(public.n), "e": number(public.e)}
    return {"keys": [key]}


def flat(text):
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/jwks":
            self.answer(jwks())
        elif path == "/count":
            self.answer({"count": STATE["given"]})
        else:
            self.answer({"error": "not_found"}, 404)

    def do_POST(self):
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if url.path == "/fail":
            query = flat(url.query)
            STATE.update(fail=int(query["times"]), status=int(query["status"]))
            self.answer({})
        elif url.path == "/token":
            self.token(flat(body))
        else:
            self.answer({"error": "not_found"}, 404)

    def client(self, form):
        scheme, _, value = (self.headers.get("Authorization") or "").partition(" ")
        if scheme == "Basic":
            name, _, secret = base64.b64decode(value).decode().partition(":")
            return unquote(name), unquote(secret)
        return form.get("client_id"), form.get("client_secret")

    def token(self, form):
        with LOCK:
            if STATE["fail"] > 0:
                STATE["fail"] -= 1
                return self.answer({"error": "temporarily_unavailable"}, STATE["status"])
        name, secret = self.client(form)
        if not secret or CLIENTS.get(name) != secret:
            described = "client authentication failed for %s with %s" % (name, secret)
            return self.answer({"error": "invalid_client", "error_description": described}, 401)
        if form.get("grant_type") != "client_credentials":
            return self.answer({"error": "unsupported_grant_type"}, 400)
        with LOCK:
            STATE["given"] += 1
        now, ttl = time.time(), float(form.get("ttl", 3600))
        # Whole seconds: the proxy cuts a fraction off, and a token of one second could end at once.
        claims = {"aud": form.get("audience", "litellm-proxy"), "sub": name, "iat": int(now), "exp": math.ceil(now + ttl),
                  "scope": form.get("scope", ""), "jti": uuid.uuid4().hex}
        token = jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "1"})
        self.answer({"access_token": token, "token_type": "Bearer", "expires_in": float(form.get("claim", ttl))})


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
