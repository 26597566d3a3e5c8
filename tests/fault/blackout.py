"""What a loss of power leaves of a data directory, from shim_disk.c's record of what was done to it: what was flushed, whole; of what
was written since, what chance decides, sector by sector; of names, those that were there when the directory was flushed, and the
first some of what came since."""

import itertools

SECTOR = 512


class Trace:
    """The record's deeds: (deed, arguments, bytes written, where the record was when it was done)."""

    def __init__(self, path):
        self.deeds = []
        with open(path, "rb") as record:
            while line := record.readline():
                deed, rest = line[:1].decode(), line[2:-1].decode()
                numbers = [int(word) for word in rest.split()] if deed in "WTS" else []
                content = record.read(numbers[2]) if deed == "W" else b""
                self.deeds.append((deed, numbers or rest.split("\t"), content, record.tell()))

    def at(self, position):
        """How many deeds were done when the record was so long."""
        return sum(1 for deed in self.deeds if deed[3] <= position)


class File:
    def __init__(self):
        self.kept, self.since = bytearray(), []

    def do(self, deed, offset, content):
        if deed == "T":
            del self.kept[offset:]
            self.kept.extend(bytes(offset - len(self.kept)))
        elif content:
            self.kept.extend(bytes(max(0, offset + len(content) - len(self.kept))))
            self.kept[offset:offset + len(content)] = content

    def flush(self):
        for change in self.since:
            self.do(*change)
        self.since = []

    def settle(self, chance, mode):
        """mode: none, all or some of what was not flushed."""
        for deed, offset, content in self.since:
            if mode == "all":
                self.do(deed, offset, content)
            elif mode == "some" and deed == "T" and chance.random() < 0.5:
                self.do(deed, offset, content)
            elif mode == "some":
                take = chance.choice(["all", "none", "sectors"])
                for at, piece in sectors(offset, content):
                    if take == "all" or (take == "sectors" and chance.random() < 0.5):
                        self.do("W", at, piece)


def sectors(offset, content):
    end = offset + len(content)
    while offset < end:
        following = min(end, (offset // SECTOR + 1) * SECTOR)
        yield offset, content[:following - offset]
        content, offset = content[following - offset:], following


def name_or_not(names, deed):
    kind, paths, number = deed
    if kind == "C":
        names[paths[0]] = number
    elif kind == "U":
        names.pop(paths[0], None)
    elif paths[0] in names:
        names[paths[1]] = names[paths[0]] if kind == "L" else names.pop(paths[0])


def lose_power(trace, count, directory, chance, mode):
    """{path: bytes} after so many deeds; None where the directory itself is gone."""
    files, names, names_since, numbers = {}, {}, [], itertools.count()
    by_inode, is_made, parent = {}, not any(deed[0] == "M" for deed in trace.deeds), directory.rsplit("/", 1)[0]
    for deed, words, content, _ in trace.deeds[:count]:
        if deed == "C":
            inode, path = words[0].split(" ", 1)
            by_inode[int(inode)] = number = next(numbers)
            files[number] = File()
            names_since.append(("C", [path], number))
        elif deed in "WT" and words[0] in by_inode:
            files[by_inode[words[0]]].since.append((deed, words[1], content))
        elif deed == "S" and words[0] in by_inode:
            files[by_inode[words[0]]].flush()
        elif deed in "RLU":
            names_since.append((deed, words, None))
        elif deed == "D" and words[0] == directory:
            for change in names_since:
                name_or_not(names, change)
            names_since = []
        elif deed == "D" and words[0] == parent:
            is_made = True
    kept = {"none": 0, "all": len(names_since), "some": chance.randint(0, len(names_since))}[mode]
    for change in names_since[:kept]:
        name_or_not(names, change)
    for file in files.values():
        file.settle(chance, mode)
    if not is_made and mode != "all":
        return None
    return {path: bytes(files[number].kept) for path, number in names.items()}
