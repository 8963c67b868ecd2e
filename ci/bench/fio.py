# SPDX-License-Identifier: GPL-2.0-only
"""fio's load on a disk, told as load.cc tells its own: one line of JSON.

Usage: fio.py DEVICE SECONDS CASE    CASE is fio:KIND:BYTES:DEPTH, KIND as in measure.hh"""
import json
import os
import subprocess
import sys

RW = {"randread": "randread", "randwrite": "randwrite", "mix": "randrw", "read": "read", "write": "write"}


def spent():
    """(ticks of a busy processor, context switches) of the whole machine since start-up."""
    ticks = switches = 0
    with open("/proc/stat", encoding="ascii") as stat:
        for line in stat:
            words = line.split()
            if words[0] == "cpu":
                ticks = sum(int(words[i]) for i in (1, 2, 3, 6, 7))
            elif words[0] == "ctxt":
                switches = int(words[1])
    return ticks, switches


def run(device, seconds, case):
    _, kind, size, depth = case.split(":")
    device = os.path.realpath(device)  # a colon in a name would part two, for fio
    return json.loads(subprocess.run(
        ["fio", "--name=load", f"--filename={device}", "--ioengine=libaio", "--direct=1",
         f"--rw={RW[kind]}", f"--bs={size}", f"--iodepth={depth}", f"--runtime={seconds}",
         "--time_based", "--randrepeat=1", "--output-format=json"],
        check=True, stdout=subprocess.PIPE).stdout)["jobs"][0]


def main():
    device, seconds, case = sys.argv[1:]
    ticks, switches = spent()
    job = run(device, seconds, case)
    ticks, switches = (after - before for after, before in zip(spent(), (ticks, switches)))
    ways = [job["read"], job["write"]]
    count = max(sum(way["total_ios"] for way in ways), 1)
    busiest = max(ways, key=lambda way: way["total_ios"])
    print(json.dumps({
        "case": case,
        "iops": round(sum(way["iops"] for way in ways), 1),
        "mb_s": round(sum(way["bw_bytes"] for way in ways) / 1e6, 2),
        "p50_us": round(busiest["clat_ns"]["percentile"]["50.000000"] / 1000),
        "p99_us": round(busiest["clat_ns"]["percentile"]["99.000000"] / 1000),
        "errors": job["error"],
        "cpu_us_per_io": round(ticks * 1e6 / os.sysconf("SC_CLK_TCK") / count, 1),
        "switches_per_io": round(switches / count, 2)}))


if __name__ == "__main__":
    main()
