"""A Jupyter client that does what lines of JSON say: execute, interrupt, restart, shutdown.

Every answer is a line of JSON. What a cell shows is collected by the message it belongs to.
"""

import json
import queue
import sys
import time

from jupyter_client.manager import KernelManager


def main(cwd: str) -> None:
    manager = KernelManager(kernel_name="moebius")
    manager.start_kernel(cwd=cwd, stderr=sys.stderr)
    client = connect(manager)
    cells = {}
    answer({"ready": True})
    for line in sys.stdin:
        command = json.loads(line)
        action = command["action"]
        if action == "execute":
            message_id = client.execute(command["code"])
            cells[message_id] = {"outputs": [], "startedMs": now()}
            if command.get("wait", True):
                answer(collect(client, cells, message_id, command["timeoutS"]))
            else:
                answer({"id": message_id})
        elif action == "collect":
            answer(collect(client, cells, command["id"], command["timeoutS"]))
        elif action == "interrupt":
            manager.interrupt_kernel()
            answer({})
        elif action == "pid":
            answer({"pid": manager.provisioner.process.pid})
        elif action == "restart":
            started = now()
            client.stop_channels()
            manager.restart_kernel()
            client = connect(manager)
            answer({"elapsedMs": now() - started})
        elif action == "shutdown":
            started = now()
            process = manager.provisioner.process
            client.stop_channels()
            manager.shutdown_kernel()
            answer({"elapsedMs": now() - started, "exitCode": process.poll()})
            return


def connect(manager):
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return client


def collect(client, cells, message_id, timeout_s):
    """Reads messages until the cell is done, as nbclient does, and what still comes for any cell."""
    deadline = time.monotonic() + timeout_s
    idle = False
    while not idle:
        try:
            message = client.get_iopub_msg(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return {"id": message_id, "status": "timeout", **cells[message_id]}
        kind = message["msg_type"]
        content = message["content"]
        parent = message["parent_header"].get("msg_id")
        if kind == "status":
            idle = parent == message_id and content["execution_state"] == "idle"
        elif kind != "execute_input" and parent in cells:
            bytes_ = len(json.dumps(content))
            cells[parent]["outputs"].append(
                {"kind": kind, "content": content, "bytes": bytes_, "atMs": now()}
            )
    reply = client.get_shell_msg(timeout=10)
    while reply["parent_header"].get("msg_id") != message_id:
        reply = client.get_shell_msg(timeout=10)
    cell = cells[message_id]
    return {
        "id": message_id,
        "status": reply["content"]["status"],
        "elapsedMs": now() - cell["startedMs"],
        "outputs": cell["outputs"],
    }


def now() -> float:
    return time.time() * 1000


def answer(value) -> None:
    print(json.dumps(value), flush=True)


main(sys.argv[1])
