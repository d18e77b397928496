"""The members of the output equal those of the input, headers included, with weights."""
import sys
import tarfile


def entries(path):
    data = open(path, 'rb').read()
    with tarfile.open(path) as tar:
        infos = tar.getmembers()
    ends = [i.offset for i in infos[1:]]
    last = infos[-1]
    ends.append(last.offset_data + (last.size + 511) // 512 * 512)
    assert not any(data[ends[-1]:]) and len(data) >= ends[-1] + 1024
    return [(i, data[i.offset:end], data[i.offset_data:i.offset_data + i.size])
            for i, end in zip(infos, ends)]


source, result = entries(sys.argv[1]), entries(sys.argv[2])
raws = [raw for _, raw, _ in source]
at = -1
for info, raw, body in result:
    if raw in raws[at + 1:]:            # in the same order
        at = raws.index(raw, at + 1)
        print(info.name[:30])
    else:
        assert info.mode == 0o644 and info.isreg(), info.name
        print(info.name[:30], info.mtime, body.decode())
