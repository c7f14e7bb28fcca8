"""This machine by the kernel's files: nothing is counted twice, what hangs or is dead is left out."""

import threading
from pathlib import Path

import pytest

from monitor.metrics.readings import Reading
from monitor.metrics.sources.host import read_memory
from monitor.metrics.sources.machine import cgroup, disks, network, temperature
from monitor.metrics.sources.machine.filesystems import DiskSpace, FileSystems, Mount, list_mounts

GIB = 1024**3


class Machine:
    """A tree of the kernel's files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.traffic: dict[str, tuple[int, int]] = {}
        self.io: dict[str, tuple[int, int]] = {}
        self.count = 0

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def interface(
        self,
        name: str,
        *,
        hardware: bool = False,
        master: str = "",
        below: str = "",
        iflink: str = "",
        files: dict[str, str] | None = None,
    ) -> None:
        self.count += 1
        folder = f"sys/class/net/{name}"
        self.write(f"{folder}/ifindex", f"{self.count}\n")
        self.write(f"{folder}/iflink", f"{iflink or self.count}\n")
        for file, text in (files or {}).items():
            self.write(f"{folder}/{file}", text)
        if hardware:
            (self.root / folder / "device").mkdir()
        if master:
            (self.root / folder / "master").symlink_to(f"../{master}")
        if below:
            (self.root / folder / f"lower_{below}").symlink_to(f"../{below}")
        self.transfer(name, 1_000, 100)

    def transfer(self, name: str, received: int, sent: int) -> None:
        self.traffic[name] = received, sent
        rows = [f"{key:>6}: {into} 1 0 0 0 0 0 0 {out} 1 0 0 0 0 0 0" for key, (into, out) in self.traffic.items()]
        self.write("proc/net/dev", "\n".join(["Inter-| Receive", " face |bytes", *rows]))

    def disk(self, name: str, *, hardware: bool = False, slaves: tuple[str, ...] = (), partitions: int = 0) -> None:
        folder = self.root / "sys/block" / name
        (folder / "slaves").mkdir(parents=True)
        if hardware:
            (folder / "device").mkdir()
        for slave in slaves:
            (folder / "slaves" / slave).mkdir()
        for part in range(1, partitions + 1):
            self.move(f"{name}{'p' if name[-1].isdigit() else ''}{part}", 2, 2)
        self.move(name, 2, 2)

    def move(self, name: str, read: int, written: int) -> None:
        """In sectors."""
        self.io[name] = read, written
        rows = [f" 8 0 {key} 1 0 {into} 0 1 0 {out} 0 0 0 0" for key, (into, out) in self.io.items()]
        self.write("proc/diskstats", "\n".join(rows))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.interface("lo")
    return made


def values(readings: list[Reading]) -> dict[str, float]:
    return {name: value for name, value, _unit in readings}


def test_a_laptop_counts_its_cable_and_its_wireless_card_and_no_tunnel(machine: Machine) -> None:
    machine.interface("enp0s31f6", hardware=True)
    machine.interface("wlp2s0", hardware=True, files={"uevent": "DEVTYPE=wlan\n"})
    machine.interface("wg0", files={"uevent": "DEVTYPE=wireguard\n"})
    machine.interface("tun0", files={"tun_flags": "0x1001\n"})
    machine.interface("docker0", files={"bridge/bridge_id": "8000\n"})
    machine.interface("veth1a2b", master="docker0")
    assert set(network.count_traffic(machine.root)) == {"enp0s31f6", "wlp2s0"}


def test_a_server_with_bond_bridge_and_vlan_counts_the_cards_below(machine: Machine) -> None:
    for name in ("eno1", "eno2"):
        machine.interface(name, hardware=True, master="bond0")
    machine.interface("bond0", below="eno1", files={"bonding/mode": "802.3ad\n"})
    machine.interface("bond0.20", below="bond0", files={"uevent": "DEVTYPE=vlan\n"})
    machine.interface("br0", below="bond0.20", files={"bridge/bridge_id": "8000\n"})
    machine.interface("tap7", master="br0", files={"tun_flags": "0x1002\n"})
    assert set(network.count_traffic(machine.root)) == {"eno1", "eno2"}


def test_a_cloud_card_with_a_fast_path_of_its_own_counts_once(machine: Machine) -> None:
    machine.interface("eth0", hardware=True)
    machine.interface("enP1", hardware=True, master="eth0")
    assert set(network.count_traffic(machine.root)) == {"eth0"}


def test_the_ports_of_a_switch_chip_are_those_of_the_card_behind_it(machine: Machine) -> None:
    machine.interface("eth0", hardware=True)
    for name in ("lan1", "lan2"):
        machine.interface(name, hardware=True, iflink="2")
    assert set(network.count_traffic(machine.root)) == {"eth0"}


def test_a_container_without_hardware_counts_its_own_interface(machine: Machine) -> None:
    machine.interface("eth0", iflink="77")
    machine.interface("wg0", files={"uevent": "DEVTYPE=wireguard\n"})
    assert set(network.count_traffic(machine.root)) == {"eth0"}


def test_without_a_tree_of_devices_all_interfaces_but_the_loopback_count(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.transfer("lo", 1, 1)
    machine.transfer("eth0", 1, 1)
    assert set(network.count_traffic(tmp_path)) == {"eth0"}


def test_a_virtual_machine_counts_its_virtio_card(machine: Machine) -> None:
    machine.interface("ens3", hardware=True)
    assert set(network.count_traffic(machine.root)) == {"ens3"}


def test_rates_are_added_and_a_card_that_counts_anew_is_no_peak(machine: Machine) -> None:
    for name in ("eno1", "eno2"):
        machine.interface(name, hardware=True)
    cards = network.Network(machine.root)
    assert values(list(cards.read(1.0))) == {}
    machine.transfer("eno1", 3_000, 100)
    machine.transfer("eno2", 4_000, 200)
    assert values(list(cards.read(2.0))) == {"net.in": 5_000, "net.out": 100, "net.errors": 0}
    machine.transfer("eno1", 5_000, 100)
    machine.transfer("eno2", 0, 0)
    assert values(list(cards.read(3.0)))["net.in"] == 2_000
    machine.interface("usb0", hardware=True)
    machine.transfer("usb0", 10**12, 0)
    machine.transfer("eno1", 5_000, 100)
    assert values(list(cards.read(4.0)))["net.in"] == 0


# Disks


def test_partitions_are_not_counted_beside_their_disk(machine: Machine) -> None:
    machine.disk("nvme0n1", hardware=True, partitions=3)
    machine.disk("loop0")
    machine.disk("zram0")
    assert set(disks.count_disk_bytes(machine.root)) == {"nvme0n1"}


def test_a_raid_on_nvme_counts_its_disks(machine: Machine) -> None:
    for name in ("nvme0n1", "nvme1n1"):
        machine.disk(name, hardware=True, partitions=1)
    machine.disk("md0", slaves=("nvme0n1p1", "nvme1n1p1"))
    assert set(disks.count_disk_bytes(machine.root)) == {"nvme0n1", "nvme1n1"}


def test_lvm_on_luks_counts_the_disk_below(machine: Machine) -> None:
    machine.disk("sda", hardware=True, partitions=2)
    machine.disk("dm-0", slaves=("sda2",))
    machine.disk("dm-1", slaves=("dm-0",))
    assert set(disks.count_disk_bytes(machine.root)) == {"sda"}


def test_a_raspberry_pi_counts_its_card_and_a_machine_its_virtio_disk(machine: Machine) -> None:
    machine.disk("mmcblk0", hardware=True, partitions=2)
    machine.disk("vda", hardware=True, partitions=1)
    assert set(disks.count_disk_bytes(machine.root)) == {"mmcblk0", "vda"}


def test_where_no_disk_is_hardware_those_at_the_bottom_count(machine: Machine) -> None:
    machine.disk("xvda")
    machine.disk("dm-0", slaves=("xvda",))
    assert set(disks.count_disk_bytes(machine.root)) == {"xvda"}


def test_a_container_that_sees_only_the_table_counts_whole_disks(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for name in ("sda", "sda1", "nvme0n1", "nvme0n1p2", "dm-0", "loop3"):
        machine.move(name, 2, 2)
    assert set(disks.count_disk_bytes(tmp_path)) == {"sda", "nvme0n1"}


def test_disk_rates_are_added_by_disk(machine: Machine) -> None:
    machine.disk("sda", hardware=True)
    machine.disk("sdb", hardware=True)
    io = disks.Disks(machine.root)
    list(io.read(1.0))
    machine.move("sda", 12, 2)
    machine.move("sdb", 0, 2)
    assert values(list(io.read(2.0))) == {"disk.read": 5_120, "disk.written": 0}


# File systems

TABLE = r"""
/dev/sda2 / ext4 rw 0 0
proc /proc proc rw 0 0
tmpfs /run tmpfs rw 0 0
/dev/sda2 /var/lib/docker/btrfs ext4 rw 0 0
overlay /var/lib/docker/overlay2/abc/merged overlay rw 0 0
/dev/sdb1 /media/My\040Stick exfat rw 0 0
/dev/sdc1 /mnt/win ntfs3 rw 0 0
/dev/sdd1 /mnt/old fuseblk rw 0 0
1:2:3 /mnt/pool fuse.mergerfs rw 0 0
nas:/home /home nfs4 rw 0 0
tank/data /tank/data zfs rw 0 0
tank /tank zfs rw 0 0
/dev/sde /srv btrfs rw 0 0
/dev/sde /srv/snapshots btrfs rw 0 0
/dev/loop3 /snap/core squashfs ro 0 0
gvfsd-fuse /run/user/1000/gvfs fuse.gvfsd-fuse rw 0 0
lxcfs /var/lib/lxcfs fuse.lxcfs rw 0 0
"""


def test_file_systems_of_many_kinds_are_told_once_each() -> None:
    assert {mount.path for mount in list_mounts(TABLE)} == {
        "/", "/media/My Stick", "/mnt/win", "/mnt/old", "/mnt/pool", "/home", "/tank", "/srv",
    }  # fmt: skip


def test_in_a_container_the_overlay_at_its_root_is_its_disk() -> None:
    assert list_mounts("overlay / overlay rw 0 0") == [Mount("overlay", "/", "overlay")]


def test_an_nfs_that_hangs_holds_nobody_up_and_waits_in_one_thread(machine: Machine) -> None:
    machine.write("proc/self/mounts", "/dev/sda2 / ext4 rw 0 0\nnas:/home /home nfs rw 0 0\n")
    answering, asked = threading.Event(), list[str]()

    def ask(path: str) -> DiskSpace:
        asked.append(path)
        if path == "/home":
            answering.wait(20)
        return DiskSpace(50.0, GIB)

    systems = FileSystems(machine.root, ask)
    for _time in range(3):
        assert [name for name, _value, _unit in systems.read()] == ["disk.full /", "disk.free /"]
    assert asked.count("/home") == 1
    question = systems.pending["/home"]
    answering.set()
    question.thread.join(20)
    assert "disk.full /home" in values(list(systems.read()))


# Temperature


def sensor(machine: Machine, number: int, value: str, **files: str) -> None:
    machine.write(f"sys/class/hwmon/hwmon{number}/temp1_input", value)
    for name, text in files.items():
        machine.write(f"sys/class/hwmon/hwmon{number}/{name}", text)


@pytest.mark.parametrize("dead", ["0", "-273000", "-273150", "127000", "127500", "255000", "-128000", "", "N/A"])
def test_a_dead_sensor_is_left_out(machine: Machine, dead: str) -> None:
    sensor(machine, 0, "41500\n")
    sensor(machine, 1, dead)
    assert values(list(temperature.read_temperature(machine.root))) == {"temperature": 41.5}


def test_a_faulty_sensor_is_left_out_and_alone_there_is_no_temperature(machine: Machine) -> None:
    sensor(machine, 0, "99000", temp1_fault="1\n")
    assert list(temperature.read_temperature(machine.root)) == []


def test_a_raspberry_pi_tells_by_its_thermal_zone(machine: Machine) -> None:
    machine.write("sys/class/thermal/thermal_zone0/temp", "48312\n")
    assert values(list(temperature.read_temperature(machine.root))) == {"temperature": 48.3}


# Containers


def test_memory_of_a_container_is_that_of_its_cgroup(machine: Machine) -> None:
    machine.write("sys/fs/cgroup/memory.max", f"{GIB}\n")
    machine.write("sys/fs/cgroup/memory.current", f"{GIB // 2}\n")
    machine.write("sys/fs/cgroup/memory.stat", f"anon 1\ninactive_file {GIB // 4}\n")
    found = values(list(read_memory(machine.root)))
    assert (found["memory.total"], found["memory.used"], found["memory.share"]) == (GIB, GIB // 4, 25.0)


def test_memory_of_a_container_of_version_1_is_that_of_its_cgroup(machine: Machine) -> None:
    machine.write("sys/fs/cgroup/memory/memory.limit_in_bytes", f"{GIB}")
    machine.write("sys/fs/cgroup/memory/memory.usage_in_bytes", f"{GIB // 2}")
    machine.write("sys/fs/cgroup/memory/memory.stat", f"total_inactive_file {GIB // 4}")
    assert cgroup.read_memory_limit(machine.root, 64 * GIB) == (GIB // 4, GIB)


@pytest.mark.parametrize("limit", ["max", "9223372036854771712", ""])
def test_without_a_limit_it_is_that_of_the_machine(machine: Machine, limit: str) -> None:
    machine.write("sys/fs/cgroup/memory.max", limit)
    machine.write("sys/fs/cgroup/memory.current", "5")
    assert cgroup.read_memory_limit(machine.root, 64 * GIB) is None


def test_cores_of_a_container_are_those_of_its_cgroup(machine: Machine) -> None:
    machine.write("sys/fs/cgroup/cpu.max", "150000 100000\n")
    machine.write("sys/fs/cgroup/cpu.stat", "usage_usec 3000000\nuser_usec 1\n")
    assert cgroup.read_cpu_limit(machine.root, 8) == (1.5, 3.0)
    machine.write("sys/fs/cgroup/cpu.max", "max 100000\n")
    assert cgroup.read_cpu_limit(machine.root, 8) is None
    machine.write("sys/fs/cgroup/cpuset.cpus.effective", "0-1,5\n")
    assert cgroup.read_cpu_limit(machine.root, 8) == (3, 3.0)
    assert cgroup.read_cpu_limit(machine.root, 3) is None


def test_cores_of_a_container_of_version_1_are_those_of_its_cgroup(machine: Machine) -> None:
    machine.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000")
    machine.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000")
    machine.write("sys/fs/cgroup/cpuacct/cpuacct.usage", "2500000000")
    assert cgroup.read_cpu_limit(machine.root, 4) == (0.5, 2.5)
    machine.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1")
    assert cgroup.read_cpu_limit(machine.root, 4) is None
