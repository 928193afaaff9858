import { AppError } from "../kit/errors.ts";

export const buildToolMissing = (program: string, debianPackage: string) =>
  new AppError("IMAGE_BUILD_TOOL_MISSING", `building images needs the program "${program}"`, {
    hint: `apt-get install ${debianPackage}`,
  });

export const buildNeedsRoot = () =>
  new AppError(
    "IMAGE_BUILD_NEEDS_ROOT",
    "machine images are built as root: they hold files of several owners",
    {
      hint: "sudo machine image build",
    },
  );

export const packagesUnavailable = (cause: unknown) =>
  new AppError(
    "IMAGE_PACKAGES_UNAVAILABLE",
    "Debian's package lists could not be fetched, and none are cached",
    {
      hint: "check the network and http_proxy; once an image was built, building again needs no network",
      cause,
    },
  );

export const notAnIso = (path: string, why: string, cause?: unknown) =>
  new AppError("IMAGE_NOT_AN_ISO", `${path} is no ISO image that a machine could boot (${why})`, {
    hint: "name the file or URL of a boot2docker ISO; machine image build iso makes one",
    ...(cause === undefined ? {} : { cause }),
  });

export const imageNotFound = (what: string, hint: string, cause?: unknown) =>
  new AppError("IMAGE_NOT_FOUND", what, { hint, ...(cause === undefined ? {} : { cause }) });

export const downloadRefused = (url: string, status: number) =>
  new AppError("IMAGE_DOWNLOAD_FAILED", `${url} answered with status ${status}`, {
    hint: "check the address; nothing was kept",
  });

export const downloadBroken = (url: string, cause: unknown) =>
  new AppError("IMAGE_DOWNLOAD_FAILED", `${url} could not be fetched whole`, {
    hint: "run the command again: it goes on where this one ended",
    cause,
  });

export const wrongDigest = (url: string, expected: string, actual: string, pinned: boolean) =>
  new AppError(
    "IMAGE_DIGEST_MISMATCH",
    `${url} has the SHA-256 ${actual}, not ${expected}${pinned ? " as when it was first fetched" : ""}`,
    {
      hint: pinned
        ? `if the change is right: machine image pull ${url} --sha256 ${actual}`
        : "nothing was kept; compare the digest with the one that its publisher names",
    },
  );

export const unknownImage = (source: string) =>
  new AppError("IMAGE_UNKNOWN", `${source} is neither an ISO nor an image archive of this program`, {
    hint: "machine image pull takes boot2docker ISOs and files that machine image build made",
  });

export const buildNeedsDebian = (cause: unknown) =>
  new AppError("IMAGE_BUILD_NEEDS_DEBIAN", "images are built on Debian or Ubuntu, or in a Debian container", {
    hint: "install the docker command and an engine, or take built images: machine image pull FILE",
    cause,
  });
