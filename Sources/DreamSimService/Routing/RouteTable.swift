/// Everything that can be asked. To add a route, add it to the file of its group, or a new group's line here.
enum RouteTable {
    static let all: [Route] =
        CompareRoutes.all
        + PairRoutes.all
        + EmbedRoutes.all
        + HeatmapRoutes.all
        + CutoutRoutes.all
        + CatalogRoutes.all
        + IndexRoutes.all
        + IndexImageRoutes.all
        + DuplicateRoutes.all
        + ProfileRoutes.all
        + EvaluationRoutes.all
        + VotingRoutes.all
        + HealthRoutes.all
        + ServiceRoutes.all
        + PageRoutes.all
}
