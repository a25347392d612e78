import Foundation
import ModelTestSupport
import TestSupport
import Testing

/// Models of Hugging Face's hub and ensembles of one's own, as people name them.
@Suite("The command with models of the hub")
struct PretrainedCommandTests {
    private static let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

    /// Serves `$SITE`, and has its address in `$HF_ENDPOINT` until the script ends.
    private static let hub = """
        cd "$SITE"
        rm -f ../port
        /usr/bin/python3 -c 'if True:
            from http.server import ThreadingHTTPServer, SimpleHTTPRequestHandler
            server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
            print(server.server_port, flush=True)
            server.serve_forever()' > ../port 2> ../requests &
        hub=$!
        trap 'kill $hub 2> /dev/null' EXIT
        while [ ! -s ../port ]; do sleep .05; done
        export HF_ENDPOINT=http://127.0.0.1:$(cat ../port)

        """

    @Test(
        "A repository is fetched once, in one file or divided, and used without the network from then on",
        .enabled(if: hasPython, "SKIPPED: there is no /usr/bin/python3"), arguments: [1, 2])
    func hub(shards: Int) throws {
        try Fixtures.withTemporaryFolder { home in
            let site = home.appending(path: "site")
            let files = site.appending(path: "owner/name/resolve/v1")
            try TinyPretrained.write("siglip_hf", to: files, shards: shards)
            let listing = site.appending(path: "api/models/owner/name/revision")
            try FileManager.default.createDirectory(at: listing, withIntermediateDirectories: true)
            let names = try FileManager.default.contentsOfDirectory(atPath: files.path)
            try JSONSerialization.data(
                withJSONObject: [
                    "sha": "0123", "cardData": ["license": "apache-2.0"], "siblings": names.map { ["rfilename": $0] },
                ]
            ).write(to: listing.appending(path: "v1"))
            let image = Fixtures.file("formats/rgb.png").path
            let run = try CommandRun(
                script: Self.hub + """
                    "$DREAMSIM" models pull hf:owner/name@v1 && kill $hub && wait $hub
                    DREAMSIM_OFFLINE=1 "$DREAMSIM" compare "$1" "$1" --model hf:owner/name@v1 --side 64 --format json
                    """, [image], home: home, environment: ["SITE": site.path, "DREAMSIM_OFFLINE": "0"])
            #expect(run.code == 0, "\(run.error)")
            #expect(run.error.contains("license: apache-2.0"))
            let metrics = try #require(try run.json()["metrics"] as? [[String: Any]])
            #expect(metrics.first?["name"] as? String == "name")
            let requests = try String(contentsOf: home.appending(path: "requests"), encoding: .utf8)
            #expect(requests.components(separatedBy: "GET ").count - 1 == (shards == 1 ? 3 : 5), "\(requests)")
            let absent = try CommandRun(
                script: Self.hub + #""$DREAMSIM" compare "$1" "$1" --model hf:owner/other@v1"#, [image], home: home,
                environment: ["SITE": site.path, "DREAMSIM_OFFLINE": "0"])
            #expect(
                absent.code != 0 && absent.error.contains("404") && absent.error.contains("huggingface.co/owner/other"))
        }
    }

    @Test("train makes an ensemble of folders, which its description names from then on")
    func ensemble() throws {
        try Fixtures.withTemporaryFolder { home in
            for family in ["dinov3_hf", "pe_core_timm"] {
                try TinyPretrained.write(family, to: home.appending(path: family))
            }
            let images = try (0..<12).map { index in
                let url = home.appending(path: "\(index).png")
                try TinyModels.image(UInt64(index)).write(to: url)
                return url.path
            }
            let rows = (0..<4).map { "\(images[3 * $0]),\(images[3 * $0 + 1]),\(images[3 * $0 + 2]),\($0 % 2)" }
            let table = home.appending(path: "votes.csv")
            try Data((["ref,left,right,vote"] + rows).joined(separator: "\n").utf8).write(to: table)
            let run = home.appending(path: "run").path
            let names = "\(home.path)/dinov3_hf,\(home.path)/pe_core_timm"
            let trained = try CommandRun(
                ["train", table.path, "--backbones", names, "--side", "64", "--epochs", "1", "-o", run], home: home)
            #expect(trained.code == 0, "\(trained.error)")
            let compared = try CommandRun(
                ["compare", images[0], images[1], "--model", run + "/model.json", "--side", "64", "--format", "json"],
                home: home)
            #expect(compared.code == 0, "\(compared.error)")
            let both = try CommandRun(
                ["train", table.path, "--backbones", names, "--model", "lite", "-o", run], home: home)
            #expect(both.code == 64 && both.error.contains("--backbones is in place of --model"))
            let none = try CommandRun(["train", table.path, "--backbones", "nonsense", "-o", run], home: home)
            #expect(none.code != 0 && none.error.contains("'nonsense'"))
        }
    }
}
