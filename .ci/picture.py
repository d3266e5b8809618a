"""Makes the picture of the demo's brief. usage: picture.py BINARY CHROMIUM PICTURE

The screenshot's colours are few, so that it is written with a palette: a third of what Chromium writes.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

WIDTH, HEIGHT = 700, 800
MOST_BYTES = 100_000
# Text fades into the paper in many shades of which nobody tells more than these apart.
SHADES = 32
# Whoever looks at the picture on a dark page sees where it ends.
FRAME = (208, 213, 221)


def chunks(png):
    """The chunks of a PNG: kind and content."""
    at = 8
    while at < len(png):
        (length,) = struct.unpack('>I', png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def rows_of(png):
    """The rows of pixels of a PNG with eight bits for each of three or four colours, each pixel as red, green and blue."""
    parts = list(chunks(png))
    width, height, depth, kind = struct.unpack('>IIBB', dict(parts)[b'IHDR'][:10])
    assert depth == 8 and kind in (2, 6), 'Chromium writes 8 bits of RGB or RGBA'
    size = 3 if kind == 2 else 4
    raw = zlib.decompress(b''.join(content for name, content in parts if name == b'IDAT'))
    line, before, rows = width * size, bytearray(width * size), []
    for at in range(height):
        how, now = raw[at * (line + 1)], bytearray(raw[at * (line + 1) + 1 : (at + 1) * (line + 1)])
        for i in range(line):
            left, up = now[i - size] if i >= size else 0, before[i]
            corner = before[i - size] if i >= size else 0
            if how == 1:
                now[i] = (now[i] + left) & 255
            elif how == 2:
                now[i] = (now[i] + up) & 255
            elif how == 3:
                now[i] = (now[i] + (left + up) // 2) & 255
            elif how == 4:
                near = min((abs(up - corner), 0, left), (abs(left - corner), 1, up), (abs(left + up - 2 * corner), 2, corner))
                now[i] = (now[i] + near[2]) & 255
        rows.append([tuple(now[i : i + 3]) for i in range(0, line, size)])
        before = now
    return rows


def with_palette(rows):
    """A PNG of these rows with at most 256 colours."""
    step = 256 // SHADES
    coarse = lambda pixel: tuple(min(255, (value + step // 2) // step * step) for value in pixel)
    rows = [[coarse(pixel) for pixel in row] for row in rows]
    counts = {}
    for row in rows:
        for pixel in row:
            counts[pixel] = counts.get(pixel, 0) + 1
    palette = sorted(counts, key=lambda pixel: (-counts[pixel], pixel))[:256]
    number = {pixel: at for at, pixel in enumerate(palette)}
    for pixel in counts:
        if pixel not in number:
            number[pixel] = min(range(len(palette)), key=lambda at: sum((a - b) ** 2 for a, b in zip(palette[at], pixel)))
    pixels = b''.join(b'\0' + bytes(number[pixel] for pixel in row) for row in rows)
    chunk = lambda name, content: struct.pack('>I', len(content)) + name + content + struct.pack('>I', zlib.crc32(name + content))
    return (
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', struct.pack('>IIBBBBB', len(rows[0]), len(rows), 8, 3, 0, 0, 0))
        + chunk(b'PLTE', b''.join(bytes(pixel) for pixel in palette))
        + chunk(b'IDAT', zlib.compress(pixels, 9))
        + chunk(b'IEND', b'')
    )


def framed(rows):
    """The rows with a thin frame."""
    side = [FRAME] * len(rows[0])
    return [side, *([FRAME, *row[1:-1], FRAME] for row in rows[1:-1]), side]


def main(binary, chromium, picture):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run([binary, 'demo', '--out', folder / 'demo', '--quiet'], check=True, stdout=subprocess.DEVNULL)
        shot = folder / 'shot.png'
        subprocess.run(
            [
                chromium, '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--force-device-scale-factor=1',
                '--disable-lcd-text', '--blink-settings=preferredColorScheme=1', f'--window-size={WIDTH},{HEIGHT}',
                f'--user-data-dir={folder / "profile"}', f'--screenshot={shot}', (folder / 'demo/brief.html').as_uri(),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
        )
        png = with_palette(framed(rows_of(shot.read_bytes())[:HEIGHT]))
    if len(png) > MOST_BYTES:
        sys.exit(f'{picture} would have {len(png)} bytes, more than {MOST_BYTES}')
    pathlib.Path(picture).write_bytes(png)
    print(f'{picture}: {WIDTH} x {HEIGHT}, {len(png)} bytes')


if __name__ == '__main__':
    main(*sys.argv[1:])
