"""
The smallest name server that can be wrong. A program, not a test:

	name_server.py ADDRESS FILE	answers on UDP port 53 of ADDRESS what FILE says at that moment: "silent", "none"
					(no such name), or the IPv4 address that every name has
"""
import socket
import sys


def serve(address, mode_file):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 53))
    while True:
        question, peer = s.recvfrom(512)
        with open(mode_file) as f:
            mode = f.read().strip()
        end = 12 + question[12:].index(b"\0") + 5
        asks_ipv4 = question[end - 4:end - 2] == b"\0\1"
        if mode == "silent":
            continue
        head, body = question[:2], question[12:end]
        if mode == "none":
            s.sendto(head + b"\x81\x83\0\1\0\0\0\0\0\0" + body, peer)
        elif not asks_ipv4:
            s.sendto(head + b"\x81\x80\0\1\0\0\0\0\0\0" + body, peer)
        else:
            told = socket.inet_aton(mode)
            s.sendto(head + b"\x81\x80\0\1\0\1\0\0\0\0" + body + b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + told, peer)


if __name__ == "__main__":
    serve(*sys.argv[1:])
