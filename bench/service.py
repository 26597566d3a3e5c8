"""The processes of a measurement: the service, nginx beside it, and the load generator."""

import http.client
import json
import os
import select
import shutil
import signal
import socket
import statistics
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
ORGANISATION, ORIGIN, DESTINATION, ITEM, SUPPLY = "ORG-1", "SITE-A", "SITE-B", "MASK", "STOCK"


def pairs(line):
    """A line of key=value as a dictionary of numbers; a leading word is dropped."""
    return {name: float(value) for name, value in
            (word.split("=", 1) for word in line.split() if "=" in word)}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_mib(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
    return 0.0


class Service:
    """The program on a data directory; its log, one line a request, goes to a file beside it."""

    def __init__(self, binary, data_dir, *options):
        self.binary = binary
        self.options = options
        self.data_dir = data_dir
        self.process = None
        self.address = None
        self.start_s = None
        self.keys = 0

    def start(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
        began = time.monotonic()
        with open(self.data_dir + ".log", "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data-dir", self.data_dir, "--listen", "127.0.0.1:0", *self.options],
                env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        if not select.select([self.process.stdout], [], [], 60)[0]:
            raise SystemExit("bench: the service did not start within 60 seconds")
        line = self.process.stdout.readline().decode()
        self.start_s = time.monotonic() - began
        if not line.startswith("listening on http://"):
            raise SystemExit(f"bench: the service did not start: {self.data_dir}.log says why")
        self.address = line.split("//", 1)[1].strip()
        return self

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def token(self):
        with open(os.path.join(self.data_dir, "admin.token"), encoding="ascii") as file:
            return file.read().strip()

    def call(self, method, path, body=None, **headers):
        """One request; the answer's status, headers and bytes."""
        connection = http.client.HTTPConnection(self.address, timeout=60)
        headers["Authorization"] = "Bearer " + self.token()
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        answer = reply.status, dict(reply.getheaders()), reply.read()
        connection.close()
        return answer

    def furnish(self):
        """Two sites, an item and one supply that no measurement uses up."""
        objects = [
            ("/organisations/" + ORGANISATION, {"name": "Measured organisation", "kind": "red-cross", "province": "CN-GD"}),
            ("/sites/" + ORIGIN, {"name": "Origin", "kind": "warehouse", "organisation": ORGANISATION, "province": "CN-GD"}),
            ("/sites/" + DESTINATION, {"name": "Destination", "kind": "warehouse", "organisation": ORGANISATION,
                                       "province": "CN-HB"}),
            ("/items/" + ITEM, {"name": "Mask", "unit": "piece"}),
        ]
        for path, body in objects:
            self.expect(self.call("PUT", path, body), 201)
        stock = {"id": SUPPLY, "site": ORIGIN, "item": ITEM, "quantity": 10 ** 12, "source": "opening"}
        self.expect(self.call("POST", "/supplies", stock, **{"Idempotency-Key": "stock"}), 201)
        return self

    @staticmethod
    def expect(answer, status):
        if answer[0] != status:
            raise SystemExit(f"bench: {answer[0]} instead of {status}: {answer[2][:400]!r}")

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def write(self, tool, clients, limit, path="/transfers"):
        """Durable writes, each with a key of its own: transfers of one unit, or intakes of one."""
        self.keys += 1
        body = ({"destination": DESTINATION, "lines": [{"supply": SUPPLY, "quantity": 1}]} if path == "/transfers" else
                {"site": ORIGIN, "item": ITEM, "quantity": 1, "source": "found"})
        return run_load(tool, self.address, clients, limit, [self.process.pid], [
            "--method", "POST", "--path", path, "--status", "201", "--body", json.dumps(body),
            "--header", "Authorization: Bearer " + self.token(), "--key", f"{os.getpid()}-{self.keys}"])

    def read(self, tool, clients, limit, path, *words):
        return run_load(tool, self.address, clients, limit, [self.process.pid], ["--path", path, *words])


def run_load(tool, address, clients, limit, pids, words):
    """Runs the load generator; adds what processor time the server took for one request."""
    before = sum(cpu_seconds(pid) for pid in pids)
    done = subprocess.run([tool, "--address", address, "--clients", str(clients), *limit, *words],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: the load generator ended with {done.returncode}: {done.stderr}")
    result = pairs(done.stdout)
    result["server_us"] = (sum(cpu_seconds(pid) for pid in pids) - before) * 1e6 / max(result["requests"], 1)
    return result


NGINX = """{user}worker_processes {workers};
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=16;
    default_type application/json;
    client_body_temp_path {folder}/t1;
    proxy_temp_path {folder}/t2;
    fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4;
    scgi_temp_path {folder}/t5;
    add_header Cache-Control no-cache;
    add_header X-Content-Type-Options nosniff;
    add_header Tallystick-Seq 100000;
    add_header Request-Id 0123456789abcdef;
    server {{ listen 127.0.0.1:{silent}; root {folder}/files; access_log off; }}
    server {{ listen 127.0.0.1:{logging}; root {folder}/files; access_log {folder}/access.log; }}
}}
"""


class Nginx:
    """nginx with the given files, from one folder: one port without its access log, one with it."""

    def __init__(self, folder, files, workers, ports):
        self.silent, self.logging = ports
        self.process = None
        self.workers = workers
        self.folder = os.path.abspath(folder)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(os.path.join(folder, "files"))
        os.chmod(folder, 0o755)
        for name, content in files.items():
            with open(os.path.join(folder, "files", name), "wb") as file:
                file.write(content)
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="ascii") as file:
            user = "user root root;\n" if os.geteuid() == 0 else "" # else its workers may not read the folder
            file.write(NGINX.format(user=user, folder=self.folder, workers=workers, silent=self.silent, logging=self.logging))

    def start(self):
        self.process = subprocess.Popen([nginx_path(), "-p", self.folder, "-c", self.folder + "/nginx.conf"],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.logging, timeout=5)
                connection.request("GET", "/")
                connection.getresponse().read()
                return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit("bench: nginx did not start")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def pids(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]

    def read(self, tool, clients, limit, path, is_logging):
        port = self.logging if is_logging else self.silent
        return run_load(tool, f"127.0.0.1:{port}", clients, limit, self.pids(), ["--path", path])


class Node:
    """A bare server of Node.js that gives one file to whoever asks; workers: 0 for one process."""

    def __init__(self, folder, content, workers, port):
        self.port, self.workers, self.process = port, workers, None
        self.file = os.path.join(folder, f"node-{workers}.json")
        with open(self.file, "wb") as file:
            file.write(content)

    def start(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bare.js")
        self.process = subprocess.Popen(["node", script, self.file, str(self.port), str(self.workers)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit("bench: node did not start")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def pids(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return [self.process.pid, *(int(pid) for pid in file.read().split())]

    def read(self, tool, clients, limit):
        return run_load(tool, f"127.0.0.1:{self.port}", clients, limit, self.pids(), ["--path", "/"])


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def seconds(value):
    return ["--seconds", str(value)]


def middle(results, name):
    return statistics.median(result[name] for result in results)


def nginx_path():
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
