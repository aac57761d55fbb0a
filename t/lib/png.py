#!/usr/bin/python3
"""png.py FILE: "WIDTH HEIGHT #rrggbb", the colour of the first pixel.

For pictures of 8 bits a channel, with or without transparency.
"""
import struct
import sys
import zlib


def main():
    with open(sys.argv[1], "rb") as f:
        data = f.read()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        sys.exit("not a PNG")
    at, packed, head = 8, b"", None
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", body)
        if kind == b"IDAT":
            packed += body
        at += 12 + size
    width, height, depth, colours = head[:4]
    if depth != 8 or colours not in (2, 6):
        sys.exit("another form of PNG")
    # of the first pixel every filter takes nothing away
    red, green, blue = zlib.decompress(packed)[1:4]
    print(f"{width} {height} #{red:02x}{green:02x}{blue:02x}")


if __name__ == "__main__":
    main()
