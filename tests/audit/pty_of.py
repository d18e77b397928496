"""Run a command on a terminal of a given width, and return what it writes there."""
import fcntl
import os
import pty
import struct
import subprocess
import termios


def see(columns, argv, stderr=False, **env):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=theirs,
                         stderr=theirs if stderr else None,
                         env={**os.environ, 'TERM': 'xterm', 'LC_ALL': 'C.UTF-8', **env})
    os.close(theirs)
    out = b''
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # the terminal was closed
            break
        if not data:
            break
        out += data
    os.close(ours)
    assert p.wait() == 0, (argv, p.returncode, out)
    return out.decode().replace('\r\n', '\n')
