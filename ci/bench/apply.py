# SPDX-License-Identifier: GPL-2.0-only
"""Many targets with many LUNs, each LUN a file of its own.

Usage: apply.py conf|json|lio|tgt FOLDER TARGETS LUNS

conf and json print what scstadmin and targetcli apply; lio makes the objects of configfs itself, in
this one process, tgt by a call of tgtadm for each."""
import json
import os
import pathlib
import subprocess
import sys

IQN = "iqn.2026-11.org.example:many"
SIZE = 4 << 20


class Many:
    def __init__(self, folder, targets, luns):
        self.folder, self.targets, self.luns = folder, targets, luns

    def names(self, target):
        """(LUN, name of the device) of one target"""
        return [(lun, f"d{target}-{lun}") for lun in range(self.luns)]

    def path(self, name):
        """The file of a device, which is there, of its size and empty."""
        path = f"{self.folder}/{name}"
        with open(path, "a", encoding="ascii") as file:
            file.truncate(SIZE)
        return path

    def devices(self):
        return [name for target in range(self.targets) for _, name in self.names(target)]


def conf(many):
    print("HANDLER vdisk_fileio {")
    for name in many.devices():
        print(f"\tDEVICE {name} {{\n\t\tfilename {many.path(name)}\n\t}}")
    print("}\nTARGET_DRIVER iscsi {\n\tenabled 1")
    for target in range(many.targets):
        print(f"\tTARGET {IQN}{target} {{\n\t\tenabled 1")
        for lun, name in many.names(target):
            print(f"\t\tLUN {lun} {name}")
        print("\t}")
    print("}")


def as_json(many):
    storage = [{"plugin": "fileio", "name": name, "dev": many.path(name), "size": SIZE,
                "write_back": True} for name in many.devices()]
    targets = [{
        "fabric": "iscsi", "wwn": f"{IQN}{target}",
        "tpgs": [{"tag": 1, "enable": True, "node_acls": [],
                  "luns": [{"index": lun, "storage_object": f"/backstores/fileio/{name}"}
                           for lun, name in many.names(target)],
                  "portals": [{"ip_address": "127.0.0.1", "port": 3261}]}]}
               for target in range(many.targets)]
    print(json.dumps({"storage_objects": storage, "targets": targets}))


def lio(many):
    root = pathlib.Path("/sys/kernel/config/target")
    stores = {name: root / f"core/fileio_{number}/{name}"  # one each, as rtslib has it
              for number, name in enumerate(many.devices())}
    for name, store in stores.items():
        store.mkdir(parents=True)
        control = f"fd_dev_name={many.path(name)},fd_dev_size={SIZE},fd_buffered_io=1"
        (store / "control").write_text(control, encoding="ascii")
        (store / "enable").write_text("1", encoding="ascii")
    for target in range(many.targets):
        group = root / f"iscsi/{IQN}{target}/tpgt_1"
        (group / "np/127.0.0.1:3261").mkdir(parents=True)
        for lun, name in many.names(target):
            place = group / f"lun/lun_{lun}"
            place.mkdir(parents=True)
            os.symlink(stores[name], place / "backing")
        (group / "enable").write_text("1", encoding="ascii")


def tgtadm(*words):
    subprocess.run(["tgtadm", "--lld", "iscsi", *words], check=True)


def tgt(many):
    for target in range(many.targets):
        tid = str(target + 1)
        tgtadm("--op", "new", "--mode", "target", "--tid", tid, "-T", f"{IQN}{target}")
        # It keeps LUN 0 for itself.
        for lun, name in many.names(target):
            tgtadm("--op", "new", "--mode", "logicalunit", "--tid", tid, "--lun", str(lun + 1),
                   "-b", many.path(name))
        tgtadm("--op", "bind", "--mode", "target", "--tid", tid, "-I", "ALL")


def main():
    way, folder, targets, luns = sys.argv[1:]
    {"conf": conf, "json": as_json, "lio": lio, "tgt": tgt}[way](Many(folder, int(targets), int(luns)))


if __name__ == "__main__":
    main()
