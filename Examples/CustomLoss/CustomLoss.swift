// Moves the pixels of one image toward another, with a perceptual loss and a step of one's own:
//     swift run -c release custom-loss PHOTO.png SKETCH.png OUT.png [LOSS]
import DreamSim
import Foundation

@main
enum CustomLoss {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 3 else {
            print("usage: custom-loss PHOTO SKETCH OUT [LOSS]")
            return
        }
        let photo = try Image(contentsOf: URL(filePath: arguments[0]))
        let sketch = try Image(contentsOf: URL(filePath: arguments[1]))
        let text = arguments.count > 3 ? arguments[3] : "lpips-vgg + 0.5*dists"

        let target = try await Loss(text).target(photo)
        var image = Tensor(sketch.resized(width: photo.width, height: photo.height))  // [1, 3, H, W] in [0, 1]
        var adam = Adam(learningRate: 0.02)
        for step in 1...200 {
            let (loss, gradient) = try target.valueAndGradient(image)
            adam.step(&image, gradient)
            image = image.clamped(to: 0...1)
            print("step", step, "loss", loss)
        }
        try image.images()[0].write(to: URL(filePath: arguments[2]))
    }
}
