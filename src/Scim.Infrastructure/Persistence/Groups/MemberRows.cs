using Scim.Application.Groups;
using Scim.Domain.Resources;

namespace Scim.Infrastructure.Persistence.Groups;

/// <summary>How the members of one group are read, users first, without ever holding more than a batch of them.</summary>
internal static class MemberRows
{
    private const int BatchSize = 512;

    private const string Users = """
        select gm.user_id, u.display from group_members gm
          join users u on u.tenant_id = gm.tenant_id and u.id = gm.user_id
         where gm.tenant_id = $1 and gm.group_id = $2
         order by gm.user_id
        """;

    private const string Groups = """
        select gn.child_id, g.display from group_nestings gn
          join groups g on g.tenant_id = gn.tenant_id and g.id = gn.child_id
         where gn.tenant_id = $1 and gn.group_id = $2
         order by gn.child_id
        """;

    /// <param name="args">$1 tenant and $2 group.</param>
    public static Statement[] Statements(Arg[] args) => [new(Users, args), new(Groups, args)];

    /// <summary>From the first of the statements on; the array is used again for each batch.</summary>
    public static async ValueTask StreamAsync(Rows rows, Func<ReadOnlyMemory<MemberOfGroup>, ValueTask> members)
    {
        var batch = new MemberOfGroup[BatchSize];
        var used = 0;
        for (var isGroup = false; ; isGroup = true)
        {
            while (await rows.ReadAsync())
            {
                batch[used++] = new MemberOfGroup(rows.Uuid(0), isGroup, rows.TextOrNull(1));
                if (used == batch.Length)
                {
                    await members(batch);
                    used = 0;
                }
            }

            if (isGroup || !await rows.NextAsync())
            {
                break;
            }
        }

        if (used > 0)
        {
            await members(batch.AsMemory(0, used));
        }
    }
}
