"""Write shards with all kinds of links."""
import io
import tarfile

HARD, SYMBOLIC = tarfile.LNKTYPE, tarfile.SYMTYPE
LONG = 'l' * 120


def put(tar, name, data=b'', to=None, kind=HARD):
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(data), 1600000000
    if to:
        info.type, info.linkname = kind, to
    tar.addfile(info, io.BytesIO(data))


for name, form in (('gnu', tarfile.GNU_FORMAT), ('pax', tarfile.PAX_FORMAT)):
    with tarfile.open(name + '.tar', 'w', format=form) as tar:
        put(tar, 'a.cls', b'0')
        put(tar, 'a.jpg', b'image' * 60000)     # more than one piece
        put(tar, 'a.%s.txt' % LONG, b'long')
        put(tar, 'lone1.jpg', to='a.jpg')
        put(tar, 'b.cls', b'1')
        put(tar, 'b.empty', to='c.empty')
        put(tar, 'b.jpg', to='a.jpg')           # inside sample b
        put(tar, 'b.%s.txt' % LONG, to='a.%s.txt' % LONG)
        put(tar, 'c.a.jpg', to='b.jpg', kind=SYMBOLIC)  # first of sample c; the target is a link
        put(tar, 'lone2.jpg', to='d.jpg', kind=SYMBOLIC)  # inside sample c; the target comes later
        put(tar, 'c.cls', b'2')
        put(tar, 'c.empty', b'')
        put(tar, 'lone3.jpg', to='./x/../lone1.jpg', kind=SYMBOLIC)
        put(tar, 'd.jpg', b'd')
        put(tar, 'lone4.jpg', to='b.jpg')       # the target is a link that is part of a sample
        put(tar, 'e.jpg', b'e')
        put(tar, 'e.out', to='/no/such.jpg', kind=SYMBOLIC)
        put(tar, 'e.txt', b'e')
        put(tar, 'f.jpg', to='a.jpg')
        put(tar, 'f.cls', b'5')
        put(tar, 'LICENSE', b'text')
        put(tar, 'COPYING', to='LICENSE')
        put(tar, 'latest', to='a.jpg', kind=SYMBOLIC)
