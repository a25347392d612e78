@main
struct DreamSimCommand {
    static func main() {}
}
