import { AppError } from "../kit/errors.ts";

export const buildToolMissing = (program: string, debianPackage: string) =>
  new AppError("IMAGE_BUILD_TOOL_MISSING", `building images needs the program "${program}"`, {
    hint: `apt-get install ${debianPackage}`,
  });

export const buildNeedsRoot = () =>
  new AppError("IMAGE_BUILD_NEEDS_ROOT", "machine images are built as root: they hold files of several owners", {
    hint: "sudo machine image build",
  });

export const packagesUnavailable = (cause: unknown) =>
  new AppError("IMAGE_PACKAGES_UNAVAILABLE", "Debian's package lists could not be fetched, and none are cached", {
    hint: "check the network and http_proxy; once an image was built, building again needs no network",
    cause,
  });
