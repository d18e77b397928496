"""List a tar: the name, the length of the content and its first bytes, or the link."""
import sys
import tarfile

with tarfile.open(sys.argv[1]) as tar:
    for m in tar:
        body = tar.extractfile(m).read() if m.isreg() else b''
        print(m.name[:9], '-> ' + m.linkname if m.linkname else
              '%d %s' % (len(body), body[:6].decode()))
