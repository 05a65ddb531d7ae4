#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""apk.py FILES NAME VERSION ARCH DATE OUT: the files below FILES as an unsigned package of Alpine (format 2).

Such a package is two gzip streams, one behind the other: an archive with .PKGINFO, without an archive's end, and an archive of
the files, whose entries have their SHA-1 in an extended header. https://wiki.alpinelinux.org/wiki/Apk_spec
"""
import gzip
import hashlib
import io
import os
import sys
import tarfile


def packed(archive):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="") as stream:
        stream.write(archive)
    return out.getvalue()


def entry(name, mode, size, date):
    info = tarfile.TarInfo(name)
    info.mode, info.size, info.mtime = mode, size, date
    info.uname = info.gname = "root"
    return info


def files_archive(top, date):
    out, total = io.BytesIO(), 0
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder, folders, names in os.walk(top):
            folders.sort()
            path = os.path.relpath(folder, top)
            if path != ".":
                info = entry(path, 0o755, 0, date)
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            for name in sorted(names):
                source = os.path.join(folder, name)
                with open(source, "rb") as f:
                    data = f.read()
                info = entry(os.path.relpath(source, top), os.stat(source).st_mode & 0o777, len(data), date)
                info.pax_headers = {"APK-TOOLS.checksum.SHA1": hashlib.sha1(data).hexdigest()}
                tar.addfile(info, io.BytesIO(data))
                total += len(data)
    return packed(out.getvalue()), total


def control_archive(text, date):
    data = text.encode()
    out = io.BytesIO()
    tar = tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT)
    tar.addfile(entry(".PKGINFO", 0o644, len(data), date), io.BytesIO(data))
    return packed(out.getvalue())  # the archive is not closed: the files' archive goes on with it


def main(top, name, version, arch, date, path):
    files, size = files_archive(top, int(date))
    info = {
        "pkgname": name, "pkgver": version, "pkgdesc": "low-level OCI container runtime with the command line of runc",
        "url": "", "builddate": date, "packager": "the orlop developers", "size": size, "arch": arch, "origin": name,
        "license": "Apache-2.0", "provides": "cmd:orlop=" + version, "datahash": hashlib.sha256(files).hexdigest(),
    }
    control = control_archive("".join("%s = %s\n" % item for item in info.items() if item[1] != ""), int(date))
    with open(path, "wb") as out:
        out.write(control + files)


if len(sys.argv) != 7:
    sys.exit(__doc__)
main(*sys.argv[1:])
