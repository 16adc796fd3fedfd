"""The end of a connection whose other side does not come to one."""

import asyncio
import socket
import struct

AT_ONCE = struct.pack("ii", 1, 0)


def cut(line: asyncio.Transport) -> None:
    """Resets the connection: what was not read is nowhere kept, by the kernel neither, which would hold it for minutes."""
    kernel: socket.socket | None = None if line.is_closing() else line.get_extra_info("socket")
    if kernel is not None:
        kernel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    line.abort()
