/// What requests hold.
extension OpenAPI {
    /// The body of a route that takes images.
    static func body(_ route: Route, takesPaths: Bool) -> JSONValue {
        let binary: JSONValue = [
            "type": "string", "format": "binary", "contentMediaType": "application/octet-stream",
        ]
        let inline = Schema.reference("Image")
        let named: JSONValue = takesPaths ? ["anyOf": [inline, Schema.reference("ImagePath")]] : inline
        var content: [String: JSONValue] = [
            "multipart/form-data": ["schema": object(route.images, of: binary)],
            "application/json": ["schema": object(route.images, of: named), "example": example(route.images)],
        ]
        if route.rawField != nil {
            for type in ["application/octet-stream", "image/*"] {
                content[type] = ["schema": ["type": "string", "format": "binary"]]
            }
        }
        return ["required": true, "content": .object(content)]
    }

    /// A body with as few images as are enough, each of one black pixel.
    private static func example(_ fields: [Route.ImageField]) -> JSONValue {
        let image: JSONValue = [
            "name": "pixel.png",
            "data":
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNgYGAAAAAEAAHI6uv5AAAAAElFTkSuQmCC",
        ]
        return .object(
            Dictionary(
                uniqueKeysWithValues: fields.map { field in
                    let isMany = field.count.upperBound > 1
                    return (
                        field.name,
                        isMany ? .array(Array(repeating: image, count: max(1, field.count.lowerBound))) : image
                    )
                }))
    }

    private static func object(_ fields: [Route.ImageField], of image: JSONValue) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        for field in fields {
            guard field.count.upperBound > 1 else {
                properties[field.name] = image
                continue
            }
            properties[field.name] = [
                "type": "array", "items": image, "minItems": .integer(field.count.lowerBound),
                "maxItems": .integer(field.count.upperBound), "description": .string(field.summary),
            ]
        }
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(fields.filter { $0.count.lowerBound > 0 }.map { .string($0.name) }),
            "additionalProperties": false,
        ]
    }
}
