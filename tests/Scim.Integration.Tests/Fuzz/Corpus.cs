using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Scim.TestKit;

namespace Scim.Integration.Tests.Fuzz;

/// <summary>Valid requests to start from: what real clients send (the traces) and the corners of the protocol.</summary>
internal static partial class Corpus
{
    public static List<RawRequest> Load(string token)
    {
        const string user = Mutator.User;
        const string group = Mutator.Group;
        var requests = new List<RawRequest>();
        void Add(string method, string path, string? body = null, params (string, string)[] headers)
        {
            List<(string, string)> all =
            [
                ("Authorization", $"Bearer {token}"),
                .. body is null ? Array.Empty<(string, string)>() : [("Content-Type", "application/scim+json")],
                .. headers,
            ];
            requests.Add(
                new RawRequest(
                    method,
                    Encoding.UTF8.GetBytes("/scim/v2" + path),
                    all,
                    body is null ? null : Encoding.UTF8.GetBytes(body)
                )
            );
        }

        foreach (var (method, path, body) in OfTraces())
        {
            Add(method, path, body);
        }

        string[] filters =
        [
            "userName eq \"bjensen\"",
            "name.familyName co \"O'Malley\"",
            "userName sw \"J\" and (active eq true or title pr)",
            "not (emails[type eq \"work\" and value co \"@example.com\"])",
            "urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"",
            "meta.lastModified gt \"2011-05-13T04:42:34Z\"",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"26118915\"",
            "emails.primary eq true and x509Certificates.value pr",
            "title eq null",
            "schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"",
        ];
        foreach (var filter in filters)
        {
            Add("GET", $"/Users?filter={Uri.EscapeDataString(filter)}&count=5");
            Add("POST", "/Users/.search", Messages.Search(filter).ToJsonString());
        }

        string[] paths =
        [
            "emails[type eq \"work\"].value",
            "name.givenName",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            "addresses[type eq \"work\" and primary eq true]",
            "phoneNumbers",
        ];
        foreach (var path in paths)
        {
            Add("PATCH", $"/Users/{user}", Messages.Patch("replace", path, "value").ToJsonString());
            Add("PATCH", $"/Users/{user}", Messages.Patch("remove", path).ToJsonString());
        }

        Add(
            "GET",
            "/Users?startIndex=2&count=3&sortBy=name.familyName&sortOrder=descending&attributes=userName,emails"
        );
        Add("GET", "/Users?cursor=&count=2&excludedAttributes=emails");
        Add("GET", "/Users?count=2&cursor=AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJKKKK");
        Add("GET", $"/Users/{user}?attributes=name.givenName", null, ("If-None-Match", "W/\"1\""));
        Add("GET", $"/Groups/{group}?excludedAttributes=members");
        Add("GET", "/Groups?filter=members.value%20eq%20%22" + user + "%22");
        Add("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User");
        Add("GET", "/ResourceTypes/User");
        Add("GET", "/ServiceProviderConfig", null, ("Accept", "application/json"));
        Add("GET", "/Me");
        Add("GET", "?filter=id%20pr&count=2");
        Add("POST", "/Users", Everything(Mutator.Unique).ToJsonString());
        Add("PUT", $"/Users/{user}", Everything(Mutator.Unique).ToJsonString(), ("If-Match", "*"));
        Add("POST", "/Groups", Some.Group(Mutator.Unique, user).ToJsonString());
        Add("PUT", $"/Groups/{group}", Some.Group(Mutator.Unique, user).ToJsonString(), ("If-Match", "W/\"3\""));
        Add("PATCH", $"/Groups/{group}", Messages.AddMembers(user).ToJsonString());
        Add("PATCH", $"/Groups/{group}", Messages.RemoveMember(user).ToJsonString());
        Add("DELETE", $"/Users/{Guid.NewGuid():D}");
        Add("DELETE", $"/Groups/{Guid.NewGuid():D}");
        var circle = Messages.Bulk(
            Messages.BulkOperation("POST", "/Users", Some.User(), "u"),
            Messages.BulkOperation("POST", "/Groups", Some.Group(null, "bulkId:u", "bulkId:h"), "g"),
            Messages.BulkOperation("POST", "/Groups", Some.Group(null, "bulkId:g"), "h"),
            Messages.BulkOperation("PATCH", "/Users/bulkId:u", Messages.Patch("add", "title", "x")),
            Messages.BulkOperation("DELETE", "/Groups/bulkId:h")
        );
        circle["failOnErrors"] = 2;
        Add("POST", "/Bulk", circle.ToJsonString());
        return requests;
    }

    private static JsonObject Everything(string userName)
    {
        var user = Some.User(userName);
        user["name"] = new JsonObject { ["givenName"] = "Jürgen", ["familyName"] = "O'Neill" };
        user["active"] = true;
        user["password"] = "t1meMa$heen";
        user["emails"] = new JsonArray(
            new JsonObject
            {
                ["value"] = "a@example.com",
                ["type"] = "work",
                ["primary"] = true,
            },
            new JsonObject { ["value"] = "b@example.com" }
        );
        user["photos"] = new JsonArray(
            new JsonObject { ["value"] = "https://photos.example.com/1", ["type"] = "photo" }
        );
        user["x509Certificates"] = new JsonArray(new JsonObject { ["value"] = "MIIDQzCCAqygAwIBAgICEAAwDQ==" });
        user["addresses"] = new JsonArray(new JsonObject { ["locality"] = "東京", ["country"] = "JP" });
        user[Messages.Enterprise] = new JsonObject
        {
            ["employeeNumber"] = "701984",
            ["manager"] = new JsonObject { ["value"] = "26118915" },
        };
        return user;
    }

    private static IEnumerable<(string Method, string Path, string? Body)> OfTraces()
    {
        var folder = Path.Combine(Repository.Root, "tests", "Scim.Conformance.Tests", "Traces");
        foreach (var file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            foreach (var step in JsonElement.Parse(File.ReadAllText(file)).GetProperty("steps").EnumerateArray())
            {
                if (!step.TryGetProperty("request", out var request))
                {
                    continue;
                }

                var body = request.TryGetProperty("body", out var given) ? given.GetRawText() : null;
                var path = request.GetProperty("path").GetString()!;
                yield return (
                    request.GetProperty("method").GetString()!,
                    Fill(path, path.StartsWith("/Groups", StringComparison.Ordinal) ? Mutator.Group : Mutator.User),
                    body is null ? null : Fill(body, Mutator.User)
                );
            }
        }
    }

    // What a trace learned from an earlier answer is any identifier here; what it made up is made up anew each time.
    private static string Fill(string text, string id) =>
        Variable()
            .Replace(
                text,
                match =>
                    match.Value.Contains("name", StringComparison.OrdinalIgnoreCase)
                    || match.Value.Contains("mail", StringComparison.OrdinalIgnoreCase)
                    || match.Value.Contains("run", StringComparison.OrdinalIgnoreCase)
                        ? Mutator.Unique
                        : id
            );

    [GeneratedRegex(@"\{\{[^}]*\}\}")]
    private static partial Regex Variable();
}
