import ArgumentParser
import DreamSimRetrieval
import Foundation

/// Which files a search may find.
struct FilterOptions: ParsableArguments {
    @Option(
        name: .customLong("in"),
        help: ArgumentHelp("Include only files in this folder (repeatable).", valueName: "dir"), completion: .directory)
    var folders: [ImagePath] = []

    @Option(help: ArgumentHelp("Include only files modified since this day (2024-05-01).", valueName: "date"))
    var since: DateOption?

    @Option(help: ArgumentHelp("Include only files modified before this day.", valueName: "date"))
    var before: DateOption?

    @Option(help: ArgumentHelp("Minimum file size, such as 200k or 2M.", valueName: "size"))
    var minSize: SizeOption?

    @Option(help: ArgumentHelp("Maximum file size.", valueName: "size"))
    var maxSize: SizeOption?

    @Option(help: ArgumentHelp("Minimum length of an image's shorter side.", valueName: "pixels"))
    var minSide: Int?

    func filter() -> SearchFilter {
        var filter = SearchFilter()
        filter.folders = folders
        filter.modifiedSince = since?.date
        filter.modifiedBefore = before?.date
        filter.minimumSize = minSize?.bytes
        filter.maximumSize = maxSize?.bytes
        filter.minimumSide = minSide
        return filter
    }
}

/// A day, or a moment in ISO 8601; days begin at midnight of the local time.
struct DateOption: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        if let moment = try? Date(argument, strategy: .iso8601) {
            date = moment
            return
        }
        let parts = argument.split(separator: "-").map { Int($0) }
        guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2],
            (1...12).contains(month), (1...31).contains(day),
            let found = Calendar(identifier: .gregorian).date(
                from: DateComponents(year: year, month: month, day: day)),
            // The calendar takes the 30th of February for the 1st of March.
            Calendar(identifier: .gregorian).component(.day, from: found) == day
        else { return nil }
        date = found
    }
}

/// A number of bytes, with k, M or G for thousands, millions or thousands of millions.
struct SizeOption: ExpressibleByArgument {
    let bytes: Int64

    init?(argument: String) {
        let units: [Character: Double] = ["k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9]
        let unit = argument.last.flatMap { units[$0] }
        guard let number = Double(unit == nil ? argument : String(argument.dropLast())), number >= 0,
            number * (unit ?? 1) < 1e18
        else { return nil }
        bytes = Int64(number * (unit ?? 1))
    }
}
