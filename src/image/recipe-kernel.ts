import { words } from "./words.ts";

/** Kernel modules in the machine's root: folders (with a slash at the end) and single modules. */
export const kernelModules = words(`
  kernel/arch/x86/crypto/ kernel/crypto/ kernel/lib/ kernel/net/ kernel/fs/9p/ kernel/fs/autofs/
  kernel/fs/btrfs/ kernel/fs/ext4/ kernel/fs/fat/ kernel/fs/fuse/ kernel/fs/isofs/ kernel/fs/jbd2/
  kernel/fs/lockd/ kernel/fs/netfs/ kernel/fs/nfs/ kernel/fs/nls/ kernel/fs/nfs_common/
  kernel/fs/overlayfs/ kernel/fs/smb/ kernel/fs/squashfs/ kernel/fs/udf/ kernel/fs/vboxsf/ kernel/fs/xfs/
  kernel/fs/mbcache kernel/fs/binfmt_misc kernel/fs/fscache/ kernel/drivers/acpi/button
  kernel/drivers/acpi/ac kernel/drivers/acpi/battery kernel/drivers/ata/ kernel/drivers/block/
  kernel/drivers/cdrom/ kernel/drivers/char/hw_random/ kernel/drivers/hid/hid- kernel/drivers/hid/usbhid/
  kernel/drivers/hv/ kernel/drivers/input/evdev kernel/drivers/input/serio/ kernel/drivers/md/
  kernel/drivers/message/fusion/ kernel/drivers/net/ethernet/amd/pcnet32
  kernel/drivers/net/ethernet/intel/e1000/ kernel/drivers/net/ethernet/intel/e1000e/
  kernel/drivers/net/ethernet/realtek/ kernel/drivers/net/hyperv/ kernel/drivers/net/vmxnet3/
  kernel/drivers/net/bonding/ kernel/drivers/net/ipvlan/ kernel/drivers/net/vxlan/
  kernel/drivers/net/wireguard/ kernel/drivers/net/dummy kernel/drivers/net/ifb kernel/drivers/net/macvlan
  kernel/drivers/net/macvtap kernel/drivers/net/mii kernel/drivers/net/net_failover kernel/drivers/net/tap
  kernel/drivers/net/tun kernel/drivers/net/veth kernel/drivers/net/virtio_net kernel/drivers/net/vrf
  kernel/drivers/net/xen-netfront kernel/drivers/nvme/host/ kernel/drivers/nvme/common/
  kernel/drivers/pci/controller/pci-hyperv kernel/drivers/scsi/sd_mod kernel/drivers/scsi/sr_mod
  kernel/drivers/scsi/sg kernel/drivers/scsi/scsi_mod kernel/drivers/scsi/scsi_common
  kernel/drivers/scsi/scsi_transport_ kernel/drivers/scsi/hv_storvsc kernel/drivers/scsi/virtio_scsi
  kernel/drivers/scsi/vmw_pvscsi kernel/drivers/scsi/BusLogic kernel/drivers/scsi/sym53c8xx_2/
  kernel/drivers/scsi/megaraid/ kernel/drivers/usb/common/ kernel/drivers/usb/core/
  kernel/drivers/usb/host/ kernel/drivers/usb/storage/ kernel/drivers/vhost/
  kernel/drivers/virt/vboxguest/ kernel/drivers/virtio/ kernel/drivers/xen/ kernel/drivers/misc/vmw_
`);

/** Not worth their room: protocols and hardware that no virtual machine has. */
export const unwantedModules = words(`
  kernel/net/bluetooth/ kernel/net/mac80211/ kernel/net/wireless/ kernel/net/nfc/ kernel/net/can/
  kernel/net/ieee802154/ kernel/net/mac802154/ kernel/net/6lowpan/ kernel/net/ax25/ kernel/net/rds/
  kernel/net/netrom/ kernel/net/rose/ kernel/net/atm/ kernel/net/batman-adv/ kernel/net/dsa/
  kernel/net/hsr/ kernel/net/smc/ kernel/net/tipc/ kernel/net/appletalk/ kernel/net/phonet/
`);

/** Modules in the initial RAM disk, with whatever they depend on: what it takes to find the medium and mount it. */
export const bootModules = words(`
  ata_piix ahci sata_nv pata_acpi ata_generic sr_mod sd_mod cdrom isofs loop squashfs overlay virtio_pci
  virtio_blk virtio_scsi nvme mptspi mptsas vmw_pvscsi BusLogic hv_vmbus hv_storvsc xen-blkfront xhci_pci
  ehci_pci uhci_hcd ohci_pci usb_storage uas nls_iso8859_1
`);
