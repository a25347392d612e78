import CFuzzer
import Foundation

// fuzz TARGET [what libFuzzer takes]; without arguments it lists the targets. Where libFuzzer starts this program again, as
// -merge=1 does, it passes on its own arguments alone; then the environment has the name.
let variable = "FUZZ_TARGET"
let inherited = ProcessInfo.processInfo.environment[variable]
guard let name = inherited ?? CommandLine.arguments.dropFirst().first else {
    for target in Target.all { print(target.name) }
    exit(0)
}
guard let chosen = Target.all.first(where: { $0.name == name }) else {
    print("unknown target '\(name)'; run fuzz without arguments for the list")
    exit(2)
}
Target.current = chosen
setenv(variable, name, 1)
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
if inherited == nil {
    // The program's own name stays first.
    arguments[1] = arguments[0]
    (count, arguments) = (count - 1, arguments + 1)
}
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
        Target.current.run(UnsafeRawBufferPointer(start: bytes, count: count))
        return 0
    })
