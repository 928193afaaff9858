import { AppError, type ErrorCode } from "#kit/errors";
import { lastLines, type RunError } from "#kit/process";

const downloads = "https://www.virtualbox.org/wiki/Downloads";

const vboxNotFound = (cause?: unknown) =>
  new AppError(
    "VBOX_NOT_FOUND",
    "VBoxManage was not found: VirtualBox is not installed, or not in the PATH",
    {
      hint: `install VirtualBox 5.2 or newer (Debian, Ubuntu: apt install virtualbox; others: ${downloads})`,
      cause,
    },
  );

export const vboxTooOld = (version: string) =>
  new AppError("VBOX_TOO_OLD", `VirtualBox ${version} is too old: 5.2 is the oldest that works`, {
    hint: `install a newer VirtualBox: ${downloads}`,
  });

export const vboxUnreadableVersion = (text: string) =>
  new AppError(
    "VBOX_UNUSABLE",
    `VBoxManage does not tell its version: ${lastLines(text, 3) || "it printed nothing"}`,
    {
      hint: `reinstall VirtualBox: ${downloads}`,
    },
  );

export const noKernelDriver = () =>
  new AppError(
    "VBOX_NO_KERNEL_DRIVER",
    "VirtualBox's kernel driver is not loaded (/dev/vboxdrv is missing)",
    {
      hint:
        "Debian, Ubuntu: apt install virtualbox-dkms linux-headers-$(uname -r), then modprobe vboxdrv; " +
        "Oracle's packages: /sbin/vboxconfig. With Secure Boot the module must be signed",
    },
  );

export const noVirtualization = () =>
  new AppError("VBOX_NO_VTX", "the CPU's virtualization (VT-x, AMD-V) is off or missing", {
    hint: "switch it on in the firmware's set-up; --virtualbox-no-vtx-check goes on without the check",
  });

export const hyperVIsOn = () =>
  new AppError("VBOX_HYPERV", "Hyper-V is active and takes the CPU's virtualization from VirtualBox", {
    hint:
      "use another driver, or switch Hyper-V off (bcdedit /set hypervisorlaunchtype off, then restart Windows); " +
      "--virtualbox-no-vtx-check goes on without the check",
  });

export const wrongArchitecture = (arch: string) =>
  new AppError(
    "VBOX_ARCHITECTURE",
    `VirtualBox boots x86 machines on x86 computers only; this one is ${arch}`,
    {
      hint: "use the docker driver",
    },
  );

export const vmVanished = (name: string, state: string, log: string) =>
  new AppError(
    "VBOX_VM_ENDED",
    `the VM "${name}" ended while it booted (state: ${state})${log && `: ${log}`}`,
    {
      hint: "its log is Logs/VBox.log in the machine's folder",
    },
  );

export const noAddress = (name: string, seconds: number) =>
  new AppError("VBOX_NO_ADDRESS", `"${name}" has no address on the host-only network after ${seconds} s`, {
    hint: 'does the network\'s DHCP server run? "VBoxManage list dhcpservers" shows it; a firewall may hold back DHCP',
  });

export const vmExists = (name: string) =>
  new AppError("VBOX_VM_EXISTS", `VirtualBox already has a VM named "${name}"`, {
    hint: `choose another name, or remove it: VBoxManage unregistervm ${name} --delete`,
  });

export const notAnIso = (path: string) =>
  new AppError("NOT_AN_ISO", `${path} is not an ISO image`, {
    hint: "an ISO 9660 image has CD001 at byte 32769",
  });

export const diskFull = (path: string, needBytes: number, freeBytes: number) =>
  new AppError(
    "DISK_FULL",
    `${path} has ${Math.floor(freeBytes / 1e6)} MB free; the machine needs at least ${Math.ceil(needBytes / 1e6)} MB`,
    { hint: "make room, or use another store: --storage-path" },
  );

export const vmMissing = (name: string) =>
  new AppError("VBOX_VM_NOT_FOUND", `VirtualBox has no VM for the machine "${name}"`, {
    hint: `machine rm ${name} forgets the machine`,
  });

interface Remedy {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly cause: string;
  readonly hint: string;
}

/** What VirtualBox's error texts mean and what helps; the first that matches counts. */
const remedies: readonly Remedy[] = [
  {
    pattern: /ioctl failed for \/dev\/vboxnetctl|VBoxNetAdpCtl[^\n]*VERR_ALREADY_EXISTS/,
    code: "VBOX_ADAPTER_EXISTS",
    cause: "the kernel still has a host-only interface of that name",
    hint: "reload VirtualBox's network module: modprobe -r vboxnetadp; modprobe vboxnetadp",
  },
  {
    pattern: /failed to open \/dev\/vboxnetctl/,
    code: "VBOX_NO_KERNEL_DRIVER",
    cause: "VirtualBox's network module is not loaded (/dev/vboxnetctl is missing)",
    hint: "load it: modprobe vboxnetadp vboxnetflt; Oracle's packages: /sbin/vboxconfig",
  },
  {
    pattern:
      /VERR_VMX_NO_VMX|VERR_SVM_NO_SVM|VERR_VMX_MSR_\w*DISABLED|VERR_SVM_DISABLED|VT-x is not available|AMD-V is not available|VERR_VMX_UNABLE_TO_START_VM/,
    code: "VBOX_NO_VTX",
    cause: "the CPU's virtualization (VT-x, AMD-V) is off or missing",
    hint: "switch it on in the firmware's set-up",
  },
  {
    pattern: /VERR_VMX_IN_VMX_ROOT_MODE|VERR_SVM_IN_USE|VERR_NEM_VM_CREATE_FAILED/,
    code: "VBOX_VTX_IN_USE",
    cause: "another hypervisor (KVM, Hyper-V) holds the CPU's virtualization",
    hint: "stop its VMs, or unload it: modprobe -r kvm_intel kvm_amd",
  },
  {
    pattern:
      /terminated unexpectedly during startup|VERR_VM_DRIVER_(NOT_INSTALLED|LOAD_ERROR|OPEN_ERROR|NOT_ACCESSIBLE|VERSION_MISMATCH)|Kernel driver not (installed|accessible)|VERR_SUPDRV/,
    code: "VBOX_NO_KERNEL_DRIVER",
    cause:
      "the VM's process ended at once; most often VirtualBox's kernel driver is not loaded, or is of another version",
    hint:
      "Debian, Ubuntu: apt install virtualbox-dkms linux-headers-$(uname -r), then modprobe vboxdrv; " +
      "Oracle's packages: /sbin/vboxconfig",
  },
  {
    pattern: /VERR_DISK_FULL|No space left on device/,
    code: "DISK_FULL",
    cause: "the disk is full",
    hint: "make room, or use another store: --storage-path",
  },
  {
    pattern: /VERR_NO_MEMORY|VERR_NO_LOW_MEMORY/,
    code: "VBOX_NO_MEMORY",
    cause: "the host has not enough memory free",
    hint: "end other programs, or ask for less: --virtualbox-memory",
  },
  {
    pattern: /already locked (for|by) a session|while it is locked|VBOX_E_OBJECT_IN_USE/,
    code: "VBOX_LOCKED",
    cause: "another program works on this VM (VirtualBox's window, another command)",
    hint: "close it and try again",
  },
  {
    pattern: /Could not find a registered machine named|VBOX_E_OBJECT_NOT_FOUND/,
    code: "VBOX_VM_NOT_FOUND",
    cause: "VirtualBox does not know it",
    hint: "VBoxManage list vms shows the VMs there are",
  },
  {
    pattern:
      /NS_ERROR_SOCKET_FAIL|Failed to create the VirtualBox object|Most likely, the VirtualBox COM server/,
    code: "VBOX_SERVICE",
    cause: "VirtualBox's service (VBoxSVC) does not answer",
    hint: "end VBoxSVC and VBoxXPCOMIPCD (VBoxSVC.exe on Windows) and try again",
  },
  {
    pattern: /hostonlyif ipconfig[\s\S]*E_ACCESSDENIED/,
    code: "VBOX_RANGE_NOT_ALLOWED",
    cause: "this address is outside the ranges that VirtualBox allows for host-only networks",
    hint: "use an address in 192.168.56.0/21, or list the range in /etc/vbox/networks.conf: * 192.168.99.0/24",
  },
  {
    pattern: /E_ACCESSDENIED|VERR_ACCESS_DENIED/,
    code: "VBOX_ACCESS_DENIED",
    cause: "VirtualBox was refused access",
    hint: "on Linux the user must be in the group vboxusers",
  },
  {
    pattern: /VERR_FILE_NOT_FOUND|VERR_PATH_NOT_FOUND/,
    code: "VBOX_FILE_MISSING",
    cause: "a file of the machine is missing",
    hint: "machine rm removes the machine; create it again",
  },
];

/** A failed VBoxManage call with its cause in words and what to do about it. */
export function explain(error: RunError): AppError {
  if (error.why === "notFound") return vboxNotFound(error);
  if (error.why !== "exit") return error;
  const text = `${error.command}\n${error.stderr || error.stdout}`;
  const operation = operationOf(error.command);
  const remedy = remedies.find(({ pattern }) => pattern.test(text));
  const said = saidBy(error.stderr || error.stdout);
  if (remedy === undefined) {
    return new AppError("VBOX_FAILED", `VBoxManage ${operation} failed: ${said}`, { cause: error });
  }
  return new AppError(remedy.code, `VBoxManage ${operation} failed: ${remedy.cause}\n${said}`, {
    hint: remedy.hint,
    cause: error,
  });
}

/** The command's words without the program's path and the arguments. */
function operationOf(command: string): string {
  const words = command.split(" ").slice(1);
  return words
    .slice(
      0,
      /^(hostonlyif|hostonlynet|dhcpserver|list|sharedfolder|guestproperty)$/.test(words[0] ?? "") ? 2 : 1,
    )
    .join(" ");
}

/** VBoxManage's own sentence, without the lines that only its developers need. */
function saidBy(output: string): string {
  const lines = output
    .split("\n")
    .filter((line) => /error:/.test(line) && !/error: (Details|Context):/.test(line))
    .map((line) => line.replace(/^.*?error:\s*/, ""));
  return lines.join("; ") || lastLines(output, 3) || "it printed nothing";
}
