"""Writes TensorFlow checkpoints without TensorFlow: <prefix>.index, a LevelDB table, and
<prefix>.data-00000-of-00001. core/format/tensorflow_bundle.c tells what is in them.

    python tensorflow_bundle.py PREFIX      # says whether TensorFlow reads PREFIX, and what
"""
import struct
import sys

import numpy as np

TYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "float16": 19}
BLOCK_BYTES = 512   # small, so that a small model has several blocks
RESTART_EVERY = 16  # LevelDB's own
MAGIC = 0xDB4775248B80FB57


def crc_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table


TABLE = crc_table()


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(value):
    out = b""
    while value >= 128:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    """A field of Protocol Buffers; 0 is not stored."""
    return varint(field << 3) + varint(value) if value else b""


def block_of(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def entry_of(array, offset):
    shape = b"".join(block_of(2, number(1, size)) for size in array.shape)
    crc = struct.pack("<I", masked_crc32c(array.tobytes()))
    return (number(1, TYPES[str(array.dtype)]) + block_of(2, shape) + number(4, offset)
            + number(5, array.nbytes) + varint(6 << 3 | 5) + crc)


class Block:
    def __init__(self):
        self.data, self.restarts, self.count, self.last = b"", [], 0, b""

    def add(self, key, value):
        shared = 0
        if self.count % RESTART_EVERY:
            while shared < min(len(key), len(self.last)) and key[shared] == self.last[shared]:
                shared += 1
        else:
            self.restarts.append(len(self.data))
        self.data += varint(shared) + varint(len(key) - shared) + varint(len(value))
        self.data += key[shared:] + value
        self.count, self.last = self.count + 1, key

    def write(self, file):
        """Returns its handle."""
        restarts = self.restarts or [0]
        data = self.data + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))
        handle = varint(file.tell()) + varint(len(data))
        file.write(data + b"\0" + struct.pack("<I", masked_crc32c(data + b"\0")))
        return handle


def write_table(path, pairs):
    index, block = Block(), Block()
    with open(path, "wb") as file:
        for key, value in pairs:
            if len(block.data) > BLOCK_BYTES:
                index.add(block.last, block.write(file))
                block = Block()
            block.add(key, value)
        index.add(block.last, block.write(file))
        handles = Block().write(file) + index.write(file)
        file.write(handles.ljust(40, b"\0") + struct.pack("<Q", MAGIC))


def write_bundle(prefix, variables):
    """variables: {name: array}"""
    header = number(1, 1) + block_of(3, number(1, 1))
    pairs, offset = [(b"", header)], 0
    with open(f"{prefix}.data-00000-of-00001", "wb") as data:
        for name in sorted(variables):
            array = variables[name]
            pairs.append((name.encode(), entry_of(array, offset)))
            data.write(array.tobytes())
            offset += array.nbytes
    write_table(f"{prefix}.index", pairs)


def check(prefix):
    """TensorFlow's own reader verifies every checksum."""
    import tensorflow
    reader = tensorflow.train.load_checkpoint(prefix)
    shapes = reader.get_variable_to_shape_map()
    for name in sorted(shapes):
        values = np.asarray(reader.get_tensor(name))
        print(f"{name} {list(values.shape)} {values.dtype} {float(values.sum()):.6g}")
    print(f"{len(shapes)} variables, read by TensorFlow {tensorflow.__version__}")


if __name__ == "__main__":
    check(sys.argv[1])
