using Scim.Load.Http;

namespace Scim.Load.Workloads;

/// <summary>Filters with more than one hit, mostly; the page is bounded by 100.</summary>
internal static class Searches
{
    public static IEnumerable<Workload> All() =>
        [
            StartsWith(),
            Search("search-co", People.FamilyName, (_, key) => $"userName co \".{key.ToLowerInvariant()}.\""),
            Search("search-co-rare", index => $"{index}", (tag, key) => $"userName co \".{tag}{key}@\""),
            Search(
                "search-and",
                index => $"{People.FamilyName(index)}|{People.GivenName(index)}",
                (_, key) => $"name.familyName eq \"{key.Split('|')[0]}\" and displayName sw \"{key.Split('|')[1]}\""
            ),
            Search(
                "search-value-path",
                People.SearchPrefix,
                (_, key) => $"emails[type eq \"work\" and value sw \"{key}\"]"
            ),
        ];

    public static Workload StartsWith() =>
        Search("search-sw", People.SearchPrefix, (_, key) => $"userName sw \"{key}\"");

    /// <summary>What a person is searched by, and how many of the directory have the same, is known from the index.</summary>
    private static Workload Search(string name, Func<int, string> keyOf, Func<string, string, string> filter) =>
        new(
            name,
            target =>
            {
                var (tag, count) = (target.Directory.Tag, target.Directory.Users.Count);
                var hits = Enumerable.Range(0, count).CountBy(keyOf).ToDictionary();
                return worker =>
                {
                    var key = keyOf(worker.Next(count));
                    if (!worker.Time(name, 200, "GET", Messages.Users(filter(tag, key), "&count=100")))
                    {
                        return;
                    }

                    worker.Check(name, Answers.Total(worker.Http.Body) >= hits[key], "totalResults is too small");
                    if (worker.IsInspected())
                    {
                        var page = Answers.PageLength(worker.Http.Body);
                        worker.Check(name, page == Math.Min(100, Answers.Total(worker.Http.Body)), "a short page");
                    }
                };
            }
        )
        {
            NeedsSearchIndexes = true,
        };
}
