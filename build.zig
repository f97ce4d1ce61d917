// SPDX-License-Identifier: 0BSD
// The library, for projects that are built by zig (doc/embedding.md). What it is
// made of stands in sources.am, and is read from there. The command, the manual
// and the tests are built by configure and make.
const std = @import("std");

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{});
    const optimize = b.standardOptimizeOption(.{});
    const prefix = b.option([]const u8, "symbol_prefix", "before the name of every function");

    const module = b.createModule(.{ .target = target, .optimize = optimize, .link_libc = true });
    module.addIncludePath(b.path("lib"));
    module.addCMacro("FDFERRY_BUILDING", "1");
    module.addCMacro("FDFERRY_STATIC", "1");
    var words = std.mem.tokenizeAny(u8, @embedFile("sources.am"), " \t\r\n\\");
    while (words.next()) |word| {
        if (std.mem.startsWith(u8, word, "%D%/lib/") and std.mem.endsWith(u8, word, ".c")) {
            module.addCSourceFile(.{
                .file = b.path(word["%D%/".len..]),
                .flags = &.{ "-std=c99", "-fvisibility=hidden" },
            });
        }
    }

    const library = b.addLibrary(.{ .name = "fdferry", .linkage = .static, .root_module = module });
    library.installHeader(b.path("lib/fdferry.h"), "fdferry.h");
    if (prefix) |text| {
        const script = b.addSystemCommand(&.{"sh"});
        script.addFileArg(b.path("lib/prefix.sh"));
        const made = b.addWriteFiles();
        const header = made.addCopyFile(script.captureStdOut(.{}), "fdferry-prefix.h");
        module.addCMacro("FDFERRY_SYMBOL_PREFIX", text);
        module.addIncludePath(made.getDirectory());
        library.installHeader(header, "fdferry-prefix.h");
    }
    b.installArtifact(library);
}
