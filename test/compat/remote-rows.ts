import { type Row, rows } from "./row.ts";

const remote = "test/unit/cli/remote.test.ts";
const keys = "test/unit/ssh/keys.test.ts";
const contract = "test/contract/ssh.test.ts";

/** The commands that reach into a machine. */
export const remoteRows: readonly Row[] = [
  ...rows(
    "ssh",
    [remote, "hands the words on as they are, and ends with the far side's exit code"],
    [
      "ssh NAME COMMAND...",
      "options of ssh(1) behind the name",
      ["exit code", "the far side's, and nothing printed; the original exited 1"],
      ["-- before the command", "left out, as people write it; the original sent it"],
    ],
  ),
  ...rows("ssh", [remote, "without words logs in to the machine called default"], ["ssh"]),
  ...rows(
    "ssh",
    [remote, "of a machine that is off, that is not there or that is a URL alone: exit 1"],
    [
      "a machine that is not running: exit 1",
      ["driver none", "refused at once; the original waited for minutes"],
    ],
  ),
  ...rows(
    "ssh",
    [keys, "gives the system's ssh the pinned keys, the machine's key and nothing of the user's settings"],
    [
      "-F /dev/null, ConnectTimeout=10, IdentitiesOnly, -i, -p …",
      ["host keys", "pinned at first contact and checked ever after; the original checked none"],
    ],
  ),
  ...rows(
    "ssh",
    [remote, "--native-ssh and MACHINE_NATIVE_SSH take the client of this program"],
    ["--native-ssh", "MACHINE_NATIVE_SSH"],
  ),
  ...rows(
    "ssh",
    [contract, "has a terminal of our size on the far side, and raw keys on ours"],
    ["login with --native-ssh"],
  ),
  ...rows(
    "ssh",
    [
      contract,
      "runs a command for a person with the client of this program, on streams that are no terminal",
    ],
    [["command with --native-ssh", "stdout and stderr stay apart; the original always asked for a terminal"]],
  ),
  ...rows(
    "scp",
    [remote, "copies with scp -3 and one configuration for both machines"],
    [
      "scp SRC DST",
      "scp --recursive, -r",
      "scp --quiet, -q",
      "USER@NAME:PATH",
      [
        "machines on both sides",
        "each keeps its own port and key; the original took the first one's for both",
      ],
      ["exit code", "that of scp; the original exited 1"],
    ],
  ),
  ...rows("scp", [remote, "--delta is rsync, with progress unless -q"], ["scp --delta, -d"]),
  ...rows("scp", [remote, "localhost: is this computer, also for a name with a colon"], ["localhost:PATH"]),
  ...rows(
    "scp",
    [remote, "wants two paths, a machine that is there, and the program: exit 1"],
    ["two paths, else exit 1", "unknown machine: exit 1"],
  ),
  ...rows(
    "scp",
    ["test/unit/cli/pieces.test.ts", "%s on %s"],
    [
      ["C:\\x on Windows", "a path of this computer; the original took C for a machine"],
      ["a slash before the colon", "a path of this computer, as with scp itself"],
    ],
  ),
  ...rows(
    "mount",
    [remote, "mounts with sshfs; without a mount point at the same path, without a name that of default"],
    ["mount [USER@]NAME:PATH [MOUNTPOINT]", "mount PATH"],
  ),
  ...rows(
    "mount",
    [remote, "-u unmounts with the system's program"],
    [["mount --unmount, -u", "umount where there is no fusermount, as on macOS"]],
  ),
  ...rows("mount", [remote, "says which program is missing"], ["sshfs is not installed: exit 1"]),
  ...rows(
    "completion",
    ["test/e2e/completion.test.ts", "bash offers commands, machines that are not named yet, and flags"],
    [["bash", "machine completion bash prints the script; the original kept scripts outside the program"]],
  ),
  ...rows(
    "completion",
    ["test/e2e/completion.test.ts", "zsh completes commands and machines as they are typed"],
    [["zsh", "machine completion zsh"]],
  ),
  ...rows(
    "completion",
    ["test/e2e/completion.test.ts", "fish offers commands, machines that are not named yet, and flags"],
    [["fish", "machine completion fish; the original had none"]],
  ),
];
