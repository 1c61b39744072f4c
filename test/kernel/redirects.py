"""Runs in a network namespace of its own: a pod with the rules, a peer behind a veth pair, and who ends up where.

Python, since only there is a socket's mark within reach. Prints a JSON object: case -> "PORT ORIGINAL-DESTINATION".
argv: the nftables script, and how the proxy is told apart: "uid" or "mark".
"""
import ctypes, json, os, socket, struct, subprocess, sys, threading

RULES, HOW = sys.argv[1:3]
POD, PEER, FAR, EXCLUDED = "10.99.0.2", "10.99.0.1", "10.50.0.1", "10.60.0.1"
CLONE_NEWNET = 0x40000000


def serve(*ports):
    for port in ports:
        listener = socket.socket()
        listener.bind(("0.0.0.0", port))
        listener.listen(16)
        threading.Thread(target=answer, args=(listener, port), daemon=True).start()


def answer(listener, port):
    while True:
        connection, _ = listener.accept()
        try:
            raw = connection.getsockopt(socket.IPPROTO_IP, 80, 16)  # SO_ORIGINAL_DST
            original = f"{socket.inet_ntoa(raw[4:8])}:{struct.unpack('!H', raw[2:4])[0]}"
        except OSError:
            original = "-"
        connection.sendall(f"{port} {original}".encode())
        connection.close()


def ask(address, port, proxy=False, source=None):
    """In a child, since a socket belongs to the user that its process is when it is made."""
    read, write = os.pipe()
    if os.fork() == 0:
        try:
            if proxy and HOW == "uid":
                os.setuid(1337)
            client = socket.socket()
            client.settimeout(2)
            if proxy and HOW == "mark":
                client.setsockopt(socket.SOL_SOCKET, 36, 1337)
            if source:
                client.bind((source, 0))
            client.connect((address, port))
            os.write(write, client.recv(100))
        except OSError as error:
            os.write(write, repr(error).encode())
        os._exit(0)
    os.close(write)
    result = os.read(read, 200).decode()
    os.wait()
    return result


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def peer(ready, asked, answers):
    """The world outside the pod, in a network namespace of its own."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    os.write(ready, b"1")
    os.read(asked, 1)
    ip("link", "set", "lo", "up")
    ip("addr", "add", f"{PEER}/24", "dev", "peer")
    ip("link", "set", "peer", "up")
    for address in (FAR, EXCLUDED):
        ip("addr", "add", f"{address}/32", "dev", "lo")
    serve(53, 80, 7777, 15012)
    os.write(ready, b"2")
    os.read(asked, 1)
    found = {
        "inbound": ask(POD, 9080),
        "inbound excluded": ask(POD, 8888),
        "inbound health": ask(POD, 15021),
    }
    os.write(answers, json.dumps(found).encode())
    os._exit(0)


ready, asked, answers = os.pipe(), os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    peer(ready[1], asked[0], answers[1])
os.read(ready[0], 1)
ip("link", "set", "lo", "up")
ip("link", "add", "pod", "type", "veth", "peer", "name", "peer", "netns", str(child))
ip("addr", "add", f"{POD}/24", "dev", "pod")
ip("link", "set", "pod", "up")
ip("route", "add", "default", "via", PEER)
for _ in range(2):  # a pod's rules may be set again in the same namespace
    subprocess.run(["nft", RULES], check=True)
serve(8888, 9080, 15001, 15006, 15021)
os.write(asked[1], b"1")
os.read(ready[0], 1)
results = {
    "app out": ask(FAR, 80),
    "app out, excluded range": ask(EXCLUDED, 80),
    "app out, excluded port": ask(FAR, 7777),
    "app out, DNS": ask(FAR, 53),
    "app out, control plane": ask(FAR, 15012),
    "app to itself": ask(POD, 9080),
    "app to itself, loopback": ask("127.0.0.1", 9080),
    "proxy out": ask(FAR, 80, proxy=True),
    "proxy to the app": ask("127.0.0.1", 9080, proxy=True),
    "proxy to its own pod": ask(POD, 9080, proxy=True),
    "proxy passing through": ask(POD, 9080, proxy=True, source="127.0.0.6"),
}
os.write(asked[1], b"2")
print(json.dumps(results | json.loads(os.read(answers[0], 10000))))
