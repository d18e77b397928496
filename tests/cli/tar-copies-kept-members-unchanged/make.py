"""Write shards with everything that a tar may contain; check.py checks the outputs."""
import io
import tarfile

LONG = 'deep/' + 'd' * 150 + '/' + 'é' * 60 + '/' + 'f' * 120


def put(tar, name, data=b'', **more):
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(data), 1600000000, 0o640
    info.uid, info.gid, info.uname, info.gname = 1000, 1001, 'ann', 'staff'
    for k, v in more.items():
        setattr(info, k, v)
    tar.addfile(info, io.BytesIO(data))


for name, form in (('gnu', tarfile.GNU_FORMAT), ('pax', tarfile.PAX_FORMAT)):
    with tarfile.open(name + '.tar', 'w', format=form) as tar:
        put(tar, './', type=tarfile.DIRTYPE)
        put(tar, 'a.jpg', b'a' * 700, mtime=1234567890)
        put(tar, 'a.x.txt', b'')
        put(tar, 'b.jpg', b'b' * 512)
        put(tar, 'README', b'no dot')
        put(tar, 'd/.hidden.jpg', b'begins with one')
        put(tar, 'link.jpg', type=tarfile.SYMTYPE, linkname='a.jpg')
        put(tar, 'hard.jpg', type=tarfile.LNKTYPE, linkname='a.jpg')
        put(tar, '__meta__/x.json', b'{}')
        put(tar, 'b.cls', b'1')
        put(tar, '__meta__.json', b'a sample, its key __meta__')
        put(tar, 'fifo.jpg', type=tarfile.FIFOTYPE)
        put(tar, 'd/__y.jpg', b'a sample')
        put(tar, '../up/c.d/c.jpg', b'never a path here')
        put(tar, '/abs/c.jpg', b'nor this')
        put(tar, LONG + '.jpg', b'long', mtime=1500000000.5,
            pax_headers={'comment': 'kept'})
        put(tar, LONG + '.cls', b'2')
        put(tar, 'z.jpg', b'z' * 100000)
        put(tar, 'last', b'at the end')
