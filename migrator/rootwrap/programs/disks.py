"""Programs that mount, map, attach, make and check file systems, disks and volumes."""

from __future__ import annotations

from migrator.rootwrap.programs.gain import Gain, Power, each

# Tried with LVM 2.03: what a command is given stands in the log, line ends and all.
_LOG = "its log, with a line of its own words, goes to the end of any file"
_LINE = "'\nx::0:0::/:/bin/sh\n'"
_INTO = """--config 'log{file="{file}" level=7}'"""
POWERS: tuple[Power, ...] = (
    Power(Gain.MOUNTS, "mount --bind {mine} {folder}", "mount(8), --bind"),
    Power(Gain.MOUNTS, "mount -o bind {mine} {folder}", "mount(8), bind"),
    Power(Gain.MOUNTS, "mount {mine} {folder}", "mount(8)"),
    Power(Gain.MOUNTS, "mount -t {any} {mine} {folder}", "mount(8), -t"),
    *each("mount.nfs mount.nfs4 mount.cifs mount.glusterfs mount.ceph", Gain.MOUNTS, "{any} {folder}", "%(8)"),
    *each("mount.fuse fusermount sshfs", Gain.MOUNTS, "{any} {folder}", "%(8)"),
    *each("umount umount.nfs umount.quobyte", Gain.STORAGE, "{folder}", "umount(8)", "any mount is taken away"),
    Power(Gain.STORAGE, "umount -l {folder}", "umount(8), -l"),
    *each("swapon swapoff", Gain.STORAGE, "{disk}", "%(8)"),
    *each(
        "pvs vgs lvs lvdisplay vgdisplay pvdisplay", Gain.WRITES, f"{_INTO} -S {_LINE}", "lvm.conf(5), log/file", _LOG
    ),
    *each("lvremove vgremove pvremove", Gain.WRITES, f"{_INTO} -f {_LINE}", "lvm.conf(5), log/file", _LOG),
    *each("lvremove vgremove", Gain.DESTROYS, "-f {any}", "%(8)"),
    Power(Gain.WRITES, f"lvcreate {_INTO} -n {_LINE} -L 1G vg", "lvm.conf(5), log/file", _LOG),
    *each("lvextend lvresize lvreduce", Gain.WRITES, f"{_INTO} -L 1G {_LINE}", "lvm.conf(5), log/file", _LOG),
    *each("lvchange vgchange pvchange", Gain.WRITES, f"{_INTO} -ay {_LINE}", "lvm.conf(5), log/file", _LOG),
    *each("lvrename vgrename lvconvert", Gain.WRITES, f"{_INTO} {_LINE} x", "lvm.conf(5), log/file", _LOG),
    *each(
        "pvcreate vgcreate vgextend pvresize pvscan vgscan lvscan",
        Gain.WRITES,
        f"{_INTO} {_LINE}",
        "lvm.conf(5), log/file",
        _LOG,
    ),
    Power(Gain.WRITES, "lvmconfig -f {file} --config {any}", "lvmconfig(8), -f"),
    Power(Gain.RUNS, "dmsetup ls --exec {mine}", "dmsetup(8), --exec"),
    Power(Gain.DISKS, "dmsetup create x --table '0 8 linear {disk} 0'", "dmsetup(8), create"),
    Power(Gain.WRITES, "qemu-img convert -O raw {mine} {file}", "qemu-img(1), convert"),
    Power(Gain.READS, "qemu-img convert -O raw {secret} {mine}", "qemu-img(1), convert"),
    Power(Gain.DESTROYS, "qemu-img create -f raw {file} {size}", "qemu-img(1), create"),
    Power(Gain.DESTROYS, "qemu-img resize {file} {size}", "qemu-img(1), resize"),
    Power(Gain.WRITES, "qemu-nbd -t -f raw -k {mine} {file}", "qemu-nbd(8), -k", "any file is served to be written"),
    Power(Gain.STORAGE, "qemu-nbd -c {any} {mine}", "qemu-nbd(8), -c"),
    Power(Gain.DISKS, "cinder-rtstool create {disk} x x x", "cinder/cmd/rtstool.py, create", "a disk is exported"),
    Power(Gain.DESTROYS, "cinder-rtstool save {file}", "cinder/cmd/rtstool.py, save"),
    *each(
        "targetcli tgtadm ietadm scstadmin", Gain.DISKS, "{any}", "%(8)", "a disk is exported, to be written from afar"
    ),
    Power(Gain.DISKS, "nvmetcli restore {mine}", "nvmetcli(8)", "a disk is exported, to be written from afar"),
    Power(
        Gain.RUNS,
        "mkfs -t x/x {disk}",
        "mkfs(8), -t",
        "it runs mkfs.TYPE: with a slash in it, that is a file below the current folder",
    ),
    Power(Gain.DESTROYS, "mkfs -t {any} {disk}", "mkfs(8)"),
    Power(Gain.DESTROYS, "mkfs {disk}", "mkfs(8)"),
    *each(
        "mkfs.ext2 mkfs.ext3 mkfs.ext4 mke2fs",
        Gain.READS,
        "-F -d {secrets} {mine}",
        "mke2fs(8), -d",
        "a folder of root's is copied into an image",
    ),
    *each(
        "mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.xfs mkfs.ntfs mkfs.vfat mkfs.btrfs mke2fs mkswap wipefs blkdiscard",
        Gain.DESTROYS,
        "{disk}",
        "%(8)",
    ),
    *each("parted fdisk sfdisk gdisk sgdisk cfdisk", Gain.DESTROYS, "{disk}", "%(8)"),
    Power(Gain.DESTROYS, "parted --script {disk} mklabel msdos", "parted(8), mklabel"),
    Power(Gain.WRITES, "debugfs -w -R {any} {disk}", "debugfs(8), -w"),
    *each(
        "e2fsck fsck fsck.ext4 resize2fs tune2fs e2label xfs_growfs xfs_repair xfs_admin",
        Gain.DESTROYS,
        "{disk}",
        "%(8)",
    ),
    *each("losetup", Gain.STORAGE, "/dev/loop0 {any}", "losetup(8)"),
    Power(Gain.STORAGE, "losetup --find --show {any}", "losetup(8), --find"),
    Power(Gain.STORAGE, "losetup --detach {any}", "losetup(8), --detach"),
    Power(Gain.STORAGE, "kpartx -a {any}", "kpartx(8), -a"),
    Power(Gain.STORAGE, "kpartx -d {any}", "kpartx(8), -d"),
    Power(Gain.PLACES, "blkid -c {new}", "blkid(8), -c", "its cache is written there"),
    Power(Gain.TELLS, "blkid {any}", "blkid(8)"),
    Power(Gain.STORAGE, "blockdev --setro {disk}", "blockdev(8), --setro"),
    Power(Gain.TELLS, "blockdev --getsize64 {any}", "blockdev(8), --getsize64"),
    Power(
        Gain.RUNS,
        "cryptsetup open --external-tokens-path {mine} {mine} x",
        "cryptsetup(8), --external-tokens-path",
        "since 2.7 a library of one's own is loaded as a plugin",
    ),
    Power(Gain.DESTROYS, "cryptsetup -q luksFormat {disk} {mine}", "cryptsetup(8), luksFormat"),
    Power(Gain.STORAGE, "cryptsetup remove {any}", "cryptsetup(8), close"),
    Power(Gain.RUNS, "mdadm --monitor --program {mine} -1 -t /dev/md0", "mdadm(8), --program"),
    Power(
        Gain.WRITES,
        "rbd export {any} {file} -c {mine}",
        "rbd(8), export",
        "with a configuration that names a cluster of one's own",
    ),
    Power(Gain.MOUNTS, "ploop mount -m {folder} {mine}", "ploop(8), mount -m"),
    Power(Gain.STORAGE, "ploop umount {any}", "ploop(8), umount"),
    Power(Gain.PLACES, "ploop init -s {size} -f {any} -t {any} {new}", "ploop(8), init"),
    Power(Gain.STORAGE, "ploop restore-descriptor {any}", "ploop(8)"),
    Power(
        Gain.STORAGE, "prl_disk_tool resize --size {size} --resize_partition --hdd {any}", "prl_disk_tool(8), resize"
    ),
    Power(Gain.STORAGE, "iscsiadm -m node -T {any} -p {any} --logout", "iscsiadm(8)", "disks appear and go"),
    Power(Gain.STORAGE, "multipath -F", "multipath(8), -F"),
    Power(Gain.STORAGE, "multipathd remove map {any}", "multipathd(8), remove map"),
    Power(Gain.STORAGE, "nvme disconnect-all", "nvme-disconnect-all(1)"),
    Power(Gain.STORAGE, "udevadm trigger", "udevadm(8), trigger"),
    Power(Gain.TELLS, "udevadm settle", "udevadm(8), settle"),
    Power(Gain.STORAGE, "zpool destroy {any}", "zpool-destroy(8)"),
    Power(Gain.MOUNTS, "zfs set mountpoint={folder} {any}", "zfsprops(7), mountpoint"),
    Power(Gain.MOUNTS, "btrfs receive -f {mine} {folder}", "btrfs-receive(8)"),
    *each(
        "aoe-revalidate aoe-discover partprobe sg_scan sg_inq sg_readcap sginfo systool lsblk lsscsi hdparm",
        Gain.TELLS,
        "",
        "%(8)",
    ),
    Power(Gain.TELLS, "scsi_id {any}", "scsi_id(8)"),
    *each("showmount exportfs xenstore-read", Gain.TELLS, "", "%(8)"),
    *each("mmgetstate mmlsattr mmlsconfig mmlsfs mmlspool mmlsfileset", Gain.TELLS, "", "IBM Storage Scale, % command"),
    *each(
        "mmdelfileset mmunlinkfileset mmcrfileset mmchattr",
        Gain.STORAGE,
        "{any} {any} -f",
        "IBM Storage Scale, % command",
    ),
    Power(Gain.STORAGE, "mmlinkfileset {any} {any} -J {new}", "IBM Storage Scale, mmlinkfileset command, -J"),
)
