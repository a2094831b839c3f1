using System.Buffers;

namespace Scim.Floor;

internal static class GroupRoutes
{
    private const int MemberLength = 48; // {"value":"<36 characters>"}

    public static void Map(WebApplication app, IFloorStore store)
    {
        app.MapPost("/Groups", context => CreateAsync(context, store));
        app.MapGet("/Groups", context => LookupAsync(context, store));
        app.MapGet("/Groups/{id}", context => GetAsync(context, store));
        app.MapPatch("/Groups/{id}", context => PatchAsync(context, store));
        app.MapDelete(
            "/Groups/{id}",
            async (HttpContext context) =>
            {
                await store.DeleteGroupAsync(Answers.Id(context));
                await Answers.StatusAsync(context, StatusCodes.Status204NoContent);
            }
        );
    }

    private static async Task CreateAsync(HttpContext context, IFloorStore store)
    {
        var id = Guid.CreateVersion7();
        var (keys, document) = Bodies.Read(await Answers.ReadAsync(context), id);
        await store.InsertGroupAsync(id, keys, document);
        await Answers.WriteAsync(context, StatusCodes.Status201Created, document);
    }

    private static async Task LookupAsync(HttpContext context, IFloorStore store)
    {
        var name = context.Request.Query["filter"].ToString().Split('"')[1].ToLowerInvariant();
        await Answers.OneAsync(context, await store.FindGroupByNameAsync(name));
    }

    private static async Task GetAsync(HttpContext context, IFloorStore store)
    {
        var id = Answers.Id(context);
        if (context.Request.Query["excludedAttributes"] == "members")
        {
            await Answers.FoundAsync(context, await store.FindGroupAsync(id));
            return;
        }

        var (document, members) = await store.FindGroupWithMembersAsync(id);
        if (document is null)
        {
            await Answers.StatusAsync(context, StatusCodes.Status404NotFound);
            return;
        }

        var commas = Math.Max(0, members.Count - 1);
        var length = document.Length - 1 + ",\"members\":[]}".Length + (members.Count * MemberLength) + commas;
        var writer = Answers.Begin(context, StatusCodes.Status200OK, length);
        writer.Write(document.AsSpan(..^1));
        writer.Write(",\"members\":["u8);
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
            {
                writer.Write(","u8);
            }

            Write(writer, members[i]);
            if ((i & 1023) == 1023)
            {
                await context.Response.BodyWriter.FlushAsync();
            }
        }

        writer.Write("]}"u8);
        await context.Response.BodyWriter.FlushAsync();
    }

    private static void Write(IBufferWriter<byte> writer, Guid member)
    {
        var span = writer.GetSpan(MemberLength);
        "{\"value\":\""u8.CopyTo(span);
        member.TryFormat(span[10..], out var written);
        "\"}"u8.CopyTo(span[(10 + written)..]);
        writer.Advance(MemberLength);
    }

    private static async Task PatchAsync(HttpContext context, IFloorStore store)
    {
        var (adds, users) = Bodies.ReadMembersPatch(await Answers.ReadAsync(context));
        await (
            adds
                ? store.AddMembersAsync(Answers.Id(context), users)
                : store.RemoveMembersAsync(Answers.Id(context), users)
        );
        await Answers.StatusAsync(context, StatusCodes.Status204NoContent);
    }
}
