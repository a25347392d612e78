import DreamSimSupport
import DreamSimWeights
import Foundation
import TestSupport
import Testing

@Suite("Settings") struct ConfigurationTests {
    @Test("the home folder is DREAMSIM_HOME, else below XDG_CACHE_HOME, else below ~/.cache")
    func home() throws {
        func home(_ environment: [String: String]) throws -> String {
            try ModelStore.Configuration.fromEnvironment(environment).home.path
        }
        #expect(try home(["DREAMSIM_HOME": "/a/b", "XDG_CACHE_HOME": "/c", "HOME": "/h"]) == "/a/b")
        #expect(try home(["DREAMSIM_HOME": "", "XDG_CACHE_HOME": "/c", "HOME": "/h"]) == "/c/dreamsim")
        #expect(try home(["XDG_CACHE_HOME": "relative", "HOME": "/h"]) == "/h/.cache/dreamsim")
        #expect(try home(["HOME": "/h"]) == "/h/.cache/dreamsim")
        #expect(try home([:]).hasSuffix("/.cache/dreamsim"))
    }

    @Test("offline is 1 or 0, and anything unclear is an error")
    func offline() throws {
        for (value, expected) in ["1": true, "true": true, "YES": true, "0": false, "no": false, "": false] {
            #expect(try ModelStore.Configuration.fromEnvironment(["DREAMSIM_OFFLINE": value]).isOffline == expected)
        }
        let error = #expect(throws: DreamSimError.self) {
            try ModelStore.Configuration.fromEnvironment(["DREAMSIM_OFFLINE": "maybe"])
        }
        #expect(error?.kind == .badSetting)
    }

    @Test("a mirror is https, or http on this machine")
    func mirror() throws {
        for good in [
            "https://mirror.example.org/dreamsim", "http://127.0.0.1:8080/x", "http://localhost/", "http://[::1]:80/",
        ] {
            let mirror = try ModelStore.Configuration.fromEnvironment(["DREAMSIM_MIRROR": good]).mirror
            #expect(mirror?.absoluteString == good)
        }
        for bad in ["http://mirror.example.org", "http://127.0.0.1.example.org", "ftp://x", "/path", "https://", "%%"] {
            #expect(throws: DreamSimError.self, "\(bad)") {
                try ModelStore.Configuration.fromEnvironment(["DREAMSIM_MIRROR": bad])
            }
        }
    }

    @Test("a proxy and its exceptions are read as other tools do")
    func proxy() throws {
        let configuration = try ModelStore.Configuration.fromEnvironment([
            "HTTPS_PROXY": "http://me:s%40crt@proxy.example.org:3128",
            "NO_PROXY": "internal.example.org, .corp, *.lan,10.0.0.1",
            "SSL_CERT_FILE": "/certs.pem", "DREAMSIM_PYTHON": "/opt/python",
        ])
        let server = configuration.proxy.server(for: "github.com")
        #expect(server?.host == "proxy.example.org" && server?.port == 3128)
        #expect(server?.user == "me" && server?.password == "s@crt")
        for direct in [
            "internal.example.org", "x.internal.example.org", "a.corp", "b.LAN", "10.0.0.1", "127.0.0.1", "localhost",
        ] {
            #expect(configuration.proxy.server(for: direct) == nil, "\(direct)")
        }
        #expect(configuration.proxy.server(for: "notinternal.example.org") != nil)
        #expect(configuration.certificates == "/certs.pem")
        #expect(configuration.python == "/opt/python")
        #expect(throws: DreamSimError.self) {
            try ModelStore.Configuration.fromEnvironment(["https_proxy": "socks5://x:1"])
        }
        let all = try ProxySettings(proxy: "proxy:8080", exceptions: "*")
        #expect(all.server(for: "github.com") == nil)
    }
}
