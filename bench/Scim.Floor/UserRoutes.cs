using System.Buffers;
using System.Globalization;
using System.Text;

namespace Scim.Floor;

internal static class UserRoutes
{
    public static void Map(WebApplication app, IFloorStore store, Counter counter)
    {
        app.MapPost("/Users", context => CreateAsync(context, store, counter));
        app.MapGet("/Users", context => ListAsync(context, store, counter));
        app.MapGet(
            "/Users/{id}",
            async (HttpContext context) => await Answers.FoundAsync(context, await store.FindAsync(Answers.Id(context)))
        );
        app.MapPut("/Users/{id}", context => ReplaceAsync(context, store));
        app.MapPatch("/Users/{id}", context => PatchAsync(context, store));
        app.MapDelete("/Users/{id}", context => DeleteAsync(context, store, counter));
        app.MapPost("/Bulk", context => BulkAsync(context, store, counter));
        app.MapPut("/search-indexes", (HttpContext _) => store.SetSearchIndexesAsync(true));
        app.MapDelete("/search-indexes", (HttpContext _) => store.SetSearchIndexesAsync(false));
    }

    private static async Task CreateAsync(HttpContext context, IFloorStore store, Counter counter)
    {
        var id = Guid.CreateVersion7();
        var (keys, document) = Bodies.Read(await Answers.ReadAsync(context), id);
        if (!await store.InsertAsync(new NewUser(id, "", keys, document)))
        {
            await Answers.StatusAsync(context, StatusCodes.Status409Conflict);
            return;
        }

        counter.Add(1);
        await Answers.WriteAsync(context, StatusCodes.Status201Created, document);
    }

    private static async Task ListAsync(HttpContext context, IFloorStore store, Counter counter)
    {
        var query = context.Request.Query;
        var count = int.Parse(query["count"].FirstOrDefault("100")!, CultureInfo.InvariantCulture);
        if (query["filter"].FirstOrDefault() is { } filter)
        {
            await SearchAsync(context, store, filter, count);
            return;
        }

        if (query.TryGetValue("cursor", out var cursor))
        {
            _ = long.TryParse(cursor, CultureInfo.InvariantCulture, out var after);
            var (page, last) = await store.PageAfterAsync(after, count);
            var next = page.Count == count ? last.ToString(CultureInfo.InvariantCulture) : null;
            await Answers.ListAsync(context, page, counter.Users, next);
            return;
        }

        var start = int.Parse(query["startIndex"].FirstOrDefault("1")!, CultureInfo.InvariantCulture);
        await Answers.ListAsync(context, await store.PageAsync(start - 1, count), counter.Users);
    }

    // The shapes that the load driver sends; a real server parses the grammar here.
    private static async Task SearchAsync(HttpContext context, IFloorStore store, string filter, int count)
    {
        var parts = filter.Split('"');
        if (parts[0] == "userName eq ")
        {
            await Answers.OneAsync(context, await store.FindByUserNameAsync(Lower(parts[1])));
            return;
        }

        if (parts[0] == "externalId eq ")
        {
            await Answers.OneAsync(context, await store.FindByExternalIdAsync(parts[1]));
            return;
        }

        var (kind, first, second) = parts[0] switch
        {
            "userName sw " => (SearchKind.UserNameStarts, parts[1], ""),
            "userName co " => (SearchKind.UserNameContains, parts[1], ""),
            "name.familyName eq " => (SearchKind.FamilyNameAndDisplayName, parts[1], parts[3]),
            "emails[type eq " => (SearchKind.EmailStarts, parts[3], ""),
            _ => throw new BadHttpRequestException(filter),
        };
        var (page, total) = await store.SearchAsync(kind, Lower(first), Lower(second), count);
        await Answers.ListAsync(context, page, total);
    }

    private static async Task ReplaceAsync(HttpContext context, IFloorStore store)
    {
        var id = Answers.Id(context);
        var (keys, document) = Bodies.Read(await Answers.ReadAsync(context), id);
        await Answers.FoundAsync(context, await store.ReplaceAsync(id, keys, document) ? document : null);
    }

    private static async Task PatchAsync(HttpContext context, IFloorStore store)
    {
        var (name, value) = Bodies.ReadPatch(await Answers.ReadAsync(context));
        var document = await store.EditAsync(Answers.Id(context), stored => Bodies.Replace(stored, name, value));
        await Answers.FoundAsync(context, document);
    }

    private static async Task DeleteAsync(HttpContext context, IFloorStore store, Counter counter)
    {
        var deleted = await store.DeleteAsync(Answers.Id(context));
        counter.Add(deleted ? -1 : 0);
        await Answers.StatusAsync(context, deleted ? 204 : 404);
    }

    private static async Task BulkAsync(HttpContext context, IFloorStore store, Counter counter)
    {
        var users = Bodies.ReadBulk(await Answers.ReadAsync(context));
        await store.InsertAllAsync(users);
        counter.Add(users.Count);
        var answer = new ArrayBufferWriter<byte>(users.Count * 128);
        answer.Write("{\"Operations\":["u8);
        for (var i = 0; i < users.Count; i++)
        {
            var (id, bulkId) = (users[i].Id, users[i].BulkId);
            var comma = i == 0 ? "" : ",";
            Encoding.UTF8.GetBytes(
                $"{comma}{{\"method\":\"POST\",\"bulkId\":\"{bulkId}\",\"location\":\"/Users/{id}\",\"status\":\"201\"}}",
                answer
            );
        }

        answer.Write("]}"u8);
        await Answers.WriteAsync(context, StatusCodes.Status200OK, answer.WrittenMemory);
    }

    private static string Lower(string text) => text.ToLowerInvariant();
}
