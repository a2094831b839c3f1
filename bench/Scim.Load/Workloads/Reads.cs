using Scim.Load.Http;

namespace Scim.Load.Workloads;

internal static class Reads
{
    private const int PageSize = 100;

    public static IEnumerable<Workload> All() =>
        [Get(), Lookup(), LookupExternalId(), List("list", _ => 1), List("list-deep", LastPage), Cursor()];

    /// <summary>The page that begins behind so many users.</summary>
    public static Workload ListAt(int depth) => List("list", _ => depth + 1);

    /// <summary>The page that a walk by cursor reaches after so many users, asked for again and again.</summary>
    public static Workload CursorAt(int depth) =>
        new(
            "cursor",
            target =>
            {
                var path = "";
                Measurement.Prepare(target, 1, worker => path = Walk(worker, depth));
                return worker =>
                {
                    if (worker.Time("cursor", 200, "GET", path) && worker.IsInspected())
                    {
                        var page = Answers.PageLength(worker.Http.Body);
                        worker.Check("cursor", page == PageSize, "a short page");
                    }
                };
            }
        );

    private static string Walk(Worker worker, int depth)
    {
        var path = $"/Users?count={PageSize}&cursor";
        for (var seen = 0; seen < depth; seen += PageSize)
        {
            worker.Require(200, "GET", path);
            var cursor = Answers.Text(worker.Http.Body, "nextCursor");
            path = $"/Users?count={PageSize}&cursor={Uri.EscapeDataString(cursor!)}";
        }

        return path;
    }

    private static int LastPage(int count) => Math.Max(1, count - PageSize);

    public static Workload Get() =>
        new(
            "get",
            target =>
            {
                var users = target.Directory.Users;
                return worker =>
                {
                    var id = users[worker.Next(users.Count)];
                    if (worker.Time("get", 200, "GET", "/Users/" + id) && worker.IsInspected())
                    {
                        worker.Check("get", Answers.Text(worker.Http.Body, "id") == id, "another user came");
                    }
                };
            }
        );

    public static Workload Lookup() =>
        Single("lookup", (directory, index) => $"userName eq \"{People.UserName(directory.Tag, index)}\"");

    private static Workload LookupExternalId() =>
        Single(
            "lookup-external-id",
            (directory, index) => $"externalId eq \"{People.ExternalId(directory.Tag, index)}\""
        );

    private static Workload Single(string name, Func<Directory, int, string> filter) =>
        new(
            name,
            target =>
            {
                var directory = target.Directory;
                return worker =>
                {
                    var index = worker.Next(directory.Users.Count);
                    if (!worker.Time(name, 200, "GET", Messages.Users(filter(directory, index))))
                    {
                        return;
                    }

                    worker.Check(name, Answers.Total(worker.Http.Body) == 1, "not one result");
                    if (worker.IsInspected())
                    {
                        worker.Check(name, worker.Http.Text.Contains(directory.Users[index]), "another user came");
                    }
                };
            }
        );

    private static Workload List(string name, Func<int, int> start) =>
        new(
            name,
            target =>
            {
                var count = target.Directory.Users.Count;
                var path = $"/Users?startIndex={start(count)}&count={PageSize}";
                return worker =>
                {
                    if (!worker.Time(name, 200, "GET", path) || !worker.IsInspected())
                    {
                        return;
                    }

                    worker.Check(
                        name,
                        Answers.PageLength(worker.Http.Body) == Math.Min(PageSize, count),
                        "a short page"
                    );
                    worker.Check(name, Answers.Total(worker.Http.Body) >= count, "totalResults is too small");
                };
            }
        );

    // RFC 9865: from the first page to the last one, again and again.
    private static Workload Cursor() =>
        new(
            "cursor",
            target =>
                worker =>
                {
                    var cursor = worker.Cursor is { } at ? "=" + Uri.EscapeDataString(at) : "";
                    if (!worker.Time("cursor", 200, "GET", $"/Users?count={PageSize}&cursor{cursor}"))
                    {
                        worker.Cursor = null;
                        return;
                    }

                    worker.Seen += Answers.PageLength(worker.Http.Body);
                    worker.Cursor = Answers.Text(worker.Http.Body, "nextCursor");
                    if (worker.Cursor is null)
                    {
                        worker.Check("cursor", worker.Seen >= target.Directory.Users.Count, "a walk that missed users");
                        worker.Seen = 0;
                    }
                }
        );
}
