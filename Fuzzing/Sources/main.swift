import CFuzzer
import Foundation

// fuzz TARGET [what libFuzzer takes]; without arguments it lists the targets.
guard CommandLine.arguments.count > 1 else {
    for target in Target.all { print(target.name) }
    exit(0)
}
guard let chosen = Target.all.first(where: { $0.name == CommandLine.arguments[1] }) else {
    print("unknown target '\(CommandLine.arguments[1])'; run fuzz without arguments for the list")
    exit(2)
}
Target.current = chosen
// libFuzzer sees no name of a target; the program's own name stays first.
CommandLine.unsafeArgv[1] = CommandLine.unsafeArgv[0]
var count = CommandLine.argc - 1
var arguments = CommandLine.unsafeArgv + 1
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
        Target.current.run(UnsafeRawBufferPointer(start: bytes, count: count))
        return 0
    })
